import assert from 'node:assert/strict'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import pino from 'pino'
import { serverOptions } from '../../plugins/kernel/index.ts'
import observe, { type ObserveOptions } from '../../plugins/observe/index.ts'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { startOrigin } from '../support/origin.ts'

/** A proxy with this access log in front of an origin that mirrors. Closed when the test ends. */
async function proxyWith(
  t: TestContext,
  options: ObserveOptions,
  upstream?: string,
): Promise<[FastifyInstance, string]> {
  const origin = await startOrigin()
  const app = Fastify(serverOptions())
  t.after(async () => {
    await app.close()
    await origin.close()
  })
  await app.register(observe, options)
  await app.register(reverseProxy, { upstream: upstream ?? origin.url })
  return [app, await app.listen({ host: '127.0.0.1', port: 0 })]
}

/** Keeps lines, and waits for the nth. */
function collector(): { write: (line: string) => void; line: (n: number) => Promise<string> } {
  const lines: string[] = []
  const waiting = new Map<number, (line: string) => void>()
  return {
    write(line) {
      waiting.get(lines.push(line) - 1)?.(line)
    },
    line: (n) => new Promise((resolve) => (n < lines.length ? resolve(lines[n] as string) : waiting.set(n, resolve))),
  }
}

test('registered alone it brings the kernel, and writes one JSON line an exchange through pino', async (t) => {
  const log = collector()
  const [, url] = await proxyWith(t, { destination: log })

  await (await fetch(`${url}/a?token=hunter2`, { method: 'POST', body: 'hello' })).text()
  const text = await log.line(0)

  const line = JSON.parse(text)
  assert.equal(text.indexOf('\n'), text.length - 1)
  assert.equal(line.level, 30)
  assert.equal(line.msg, 'exchange')
  assert.equal(line.target, '/a?token=[redacted]')
  assert.equal(line.method, 'POST')
  assert.equal(line.status, 200)
  assert.equal(line['bytes.received'], 5)
  assert.ok(line['bytes.sent'] > 0)
  assert.ok(line.duration >= line['duration.firstByte'])
  assert.ok(Math.abs(line.time - Date.now()) < 60_000)
})

test('combined goes line by line to the destination', async (t) => {
  const log = collector()
  const [, url] = await proxyWith(t, { accessLog: 'combined', destination: log })

  await (await fetch(`${url}/a`, { headers: { 'user-agent': 'me' } })).text()

  assert.match(await log.line(0), /^127\.0\.0\.1 - - \[.+ \+0000\] "GET \/a HTTP\/1\.1" 200 \d+ "-" "me"\n$/)
})

test('an upstream that refuses is a warning with its code and cause', async (t) => {
  const log = collector()
  const [, url] = await proxyWith(t, { destination: log }, 'http://127.0.0.1:1')

  await (await fetch(url)).text()

  const line = JSON.parse(await log.line(0))
  assert.equal(line.level, 40)
  assert.equal(line.status, 502)
  assert.equal(line.error, 'SP_CONNECT_REFUSED')
  assert.match(line.cause, /ECONNREFUSED/)
})

test('a client that leaves is logged with 499, as everyday life', async (t) => {
  const log = collector()
  const arrived = Promise.withResolvers<void>()
  const origin = await startOrigin(() => arrived.resolve())
  t.after(() => origin.close())
  const [, url] = await proxyWith(t, { destination: log }, origin.url)
  const client = net.connect(Number(new URL(url).port), '127.0.0.1')
  client.write('GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n')
  await arrived.promise

  client.destroy()

  const line = JSON.parse(await log.line(0))
  assert.equal(line.status, 499)
  assert.equal(line.level, 30)
})

test('a request that is refused has a line too', async (t) => {
  const log = collector()
  const [, url] = await proxyWith(t, { destination: log })
  const client = net.connect(Number(new URL(url).port), '127.0.0.1')
  t.after(() => client.destroy())

  client.write('GET /a/../b HTTP/1.1\r\nHost: a.test\r\n\r\n')

  const line = JSON.parse(await log.line(0))
  assert.equal(line.status, 400)
  assert.equal(line.refusal, 'SP_BAD_PATH')
})

test('what skip says is left out', async (t) => {
  const log = collector()
  const [, url] = await proxyWith(t, {
    accessLog: '{target}',
    destination: log,
    skip: (exchange) => exchange.target.path === '/health',
  })

  await (await fetch(`${url}/health`)).text()
  await (await fetch(`${url}/a`)).text()

  assert.equal(await log.line(0), '/a\n')
})

test('a pino logger of your own writes the line, with its bindings', async (t) => {
  const log = collector()
  const [, url] = await proxyWith(t, { logger: pino({ base: { app: 'mine' } }, log) })

  await (await fetch(url)).text()

  assert.equal(JSON.parse(await log.line(0)).app, 'mine')
})

test('a skip or a destination that throws does not touch the traffic', async (t) => {
  const fail = (): never => {
    throw new Error('broken')
  }
  const [, first] = await proxyWith(t, { destination: { write: fail } })
  const [, second] = await proxyWith(t, { destination: { write() {} }, skip: fail })

  for (const url of [first, second, first, second]) assert.equal((await fetch(url)).status, 200)
})

test('a slow destination drops lines, says so, and every request is answered', async (t) => {
  const told: number[] = []
  const stuck = { write() {}, writableLength: 4096 }
  const [, url] = await proxyWith(t, { destination: stuck, maxPending: '4KiB', onDrop: (count) => told.push(count) })

  for (let i = 0; i < 4; i++) assert.match(await (await fetch(url)).text(), /"method":"GET"/)

  assert.deepEqual(told.slice(0, 2), [1, 2])
  stuck.writableLength = 0
})

test('a bad option is an error at boot that names it', async () => {
  const refused = async (options: object, message: RegExp): Promise<void> => {
    await assert.rejects(async () => {
      const app = Fastify()
      await app.register(observe, options)
    }, message)
  }

  await refused({ acessLog: 'json' }, /'observe\.acessLog'.*Did you mean 'accessLog'/)
  await refused({ accessLog: 'combine' }, /'accessLog'/)
  await refused({ destination: {} }, /'destination'/)
  await refused({ logger: {} }, /'logger'/)
  await refused({ logger: pino(), accessLog: 'combined' }, /'logger'/)
  await refused({ skip: true }, /'skip'/)
  await refused({ maxPending: 'lots' }, /'maxPending'/)
  await refused({ redactQuery: 'token' }, /'redactQuery'/)
})
