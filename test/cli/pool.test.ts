import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { until } from '../support/until.ts'
import { startReverse } from './run-cli.ts'

interface Answering {
  readonly url: string
  /** Requests that were no checks. */
  count: number
  checks: number
  /** Of every answer. */
  status: number
  stop(): Promise<void>
  start(): Promise<void>
}

const path = '/healthz'

async function answering(t: TestContext): Promise<Answering> {
  let server: Server
  let port = 0
  const one: Answering = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    count: 0,
    checks: 0,
    status: 200,
    async start() {
      server = createServer((request, response) => {
        if (request.url === path) response.once('finish', () => one.checks++)
        else one.count++
        response.writeHead(one.status).end()
      })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    },
    async stop() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  await one.start()
  t.after(() => one.stop())
  return one
}

async function statuses(url: string, times: number): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < times; i++) {
    const response = await fetch(url)
    await response.arrayBuffer()
    all.push(response.status)
  }
  return all
}

const nameOf = ({ url }: Answering): string => url.replace('http://', '').replaceAll('.', '\\.')

test('--weight gives each server its share, in the order of --to', async (t) => {
  const [first, second] = [await answering(t), await answering(t)]
  const { url } = await startReverse(t, [
    ...['--to', first.url, '--to', second.url, '--policy', 'round-robin'],
    ...['--weight', '1', '--weight', '3'],
  ])

  await statuses(url, 8)

  assert.deepEqual([first.count, second.count], [2, 6])
})

test('a policy that hashes keeps a client at one server', async (t) => {
  const [first, second] = [await answering(t), await answering(t)]
  const { url } = await startReverse(t, ['--to', first.url, '--to', second.url, '--policy', 'maglev'])

  await statuses(url, 6)

  assert.deepEqual([first.count, second.count].sort(), [0, 6])
})

test('--health says in one line that a server went, and that it is back; no request fails', async (t) => {
  const [first, second] = [await answering(t), await answering(t)]
  const { child, url } = await startReverse(t, ['--to', first.url, '--to', second.url, '--health', path])
  await until(() => first.checks > 0 && second.checks > 0, 'a check of each')
  await statuses(url, 1)

  await second.stop()
  const without = await statuses(url, 6)
  await child.says(new RegExp(`^sallyport: ${nameOf(second)} is down: connection refused$`, 'm'))
  await second.start()
  await child.says(new RegExp(`^sallyport: ${nameOf(second)} is up: status 200$`, 'm'))

  assert.deepEqual(new Set(without), new Set([200]))
  assert.equal(await child.stop(), 0)
  assert.doesNotMatch(child.output(), /warning/)
})

test('a health path that cannot be reached at start is a warning that names it, and the proxy goes on', async (t) => {
  const [first, second] = [await answering(t), await answering(t)]
  second.status = 404
  const { child, url } = await startReverse(t, ['--to', first.url, '--to', second.url, '--health', path])

  await child.says(
    new RegExp(`^sallyport: warning: ${nameOf(second)} is down: status 404, .* \\(--health ${path}\\)`, 'm'),
  )
  const all = await statuses(url, 4)

  assert.deepEqual(new Set(all), new Set([200]))
  assert.equal(second.count, 0)
})

test('a server that fails again and again is said to be out, with the reason', async (t) => {
  const [first, second] = [await answering(t), await answering(t)]
  second.status = 500
  const { child, url } = await startReverse(t, ['--to', first.url, '--to', second.url, '--policy', 'round-robin'])

  const before = await statuses(url, 10)
  await child.says(new RegExp(`^sallyport: ${nameOf(second)} is out for 30 s: too many failures in a row$`, 'm'))
  const after = await statuses(url, 6)

  assert.equal(before.filter((status) => status === 500).length, 5)
  assert.deepEqual(new Set(after), new Set([200]))
})
