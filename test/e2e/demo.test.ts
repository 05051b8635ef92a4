import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { WebSocket } from 'ws'
import { type Child, startChild } from '../support/child.ts'

let demo: Child
let url: string
before(async () => {
  demo = startChild('examples/demo/main.ts', [], { PORT: '0', RESTART_AFTER: '3000' })
  url = (await demo.says(/^ {2}sallyport +(http:\S+)/m))[1] as string
})
after(() => demo.stop('SIGKILL'))

async function whoAnswers(times: number): Promise<string[]> {
  const names: string[] = []
  for (let i = 0; i < times; i++) {
    const response = await fetch(`${url}/api/whoami`)
    assert.equal(response.status, 200)
    names.push(((await response.json()) as { instance: string }).instance)
  }
  return names
}

describe('npm start shows the real thing', () => {
  test('the site comes through with its assets, and 304 where nothing changed', async () => {
    const page = await fetch(url)
    const html = await page.text()
    const assets = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path as string)
    const answers = await Promise.all(assets.map((path) => fetch(url + path)))
    const again = await fetch(`${url}/style.css`, {
      headers: { 'if-none-match': answers[assets.indexOf('/style.css')]?.headers.get('etag') ?? '' },
    })

    assert.match(html, /<h1>sallyport<\/h1>/)
    assert.ok(assets.length >= 3)
    assert.deepEqual(
      answers.map(({ status }) => status),
      assets.map(() => 200),
    )
    assert.equal(again.status, 304)
  })

  test('an instance is killed: no request fails, the pool says that it is down, and it gets traffic when it is back', async () => {
    const all = await whoAnswers(12)
    await fetch(`${url}/demo/instances/beta/kill`, { method: 'POST' })
    await demo.says(/^ {2}beta is dead \(SIGKILL\); it comes back in 3 s$/m)
    const without = await whoAnswers(9)
    await demo.says(/^ {2}pool: beta \(127\.0\.0\.1:\d+\) is down: connection refused$/m)
    await demo.says(/^ {2}beta runs again, pid \d+$[\s\S]*^ {2}pool: beta \(127\.0\.0\.1:\d+\) is up: status 200$/m)
    const again = await whoAnswers(60)

    assert.deepEqual([...new Set(all)].sort(), ['alpha', 'beta', 'gamma'])
    assert.deepEqual([...new Set(without)].sort(), ['alpha', 'gamma'])
    const share = again.filter((name) => name === 'beta').length
    assert.ok(share > 0 && share < 20, `${share} of 60 while it starts slowly`)
  })

  test('an instance that is drained gets nothing new until it is ready', async () => {
    await fetch(`${url}/demo/instances/gamma/drain`, { method: 'POST' })
    await demo.says(/^ {2}pool: gamma .* has nothing in flight any more$/m)
    const without = await whoAnswers(6)
    await fetch(`${url}/demo/instances/gamma/ready`, { method: 'POST' })

    assert.ok(!without.includes('gamma'))
  })

  test('a process that is killed from outside is one too, as the demo prints it', async () => {
    const [, pid] = (await demo.says(/kill one +kill -9 (\d+)/)) as unknown as [string, string]
    assert.ok(Number(pid) > 0)
    const instances = (await (await fetch(`${url}/demo/instances`)).json()) as { name: string; pid: number }[]
    const alpha = instances.find(({ name }) => name === 'alpha')

    process.kill(alpha?.pid as number, 'SIGKILL')
    await demo.says(/^ {2}alpha is dead \(SIGKILL\)/m)

    assert.ok(!(await whoAnswers(6)).includes('alpha'))
  })

  test('Server-Sent Events arrive one by one', async () => {
    const abort = new AbortController()
    const response = await fetch(`${url}/live/events`, { signal: abort.signal })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    const first = await reader?.read()
    const second = await reader?.read()
    abort.abort()

    assert.equal(response.headers.get('content-type'), 'text/event-stream')
    assert.match(first?.value ?? '', /event: tick\ndata: {"count":1,/)
    assert.match(second?.value ?? '', /"count":2,/)
  })

  test('a WebSocket echoes', async () => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/live/echo`)
    await once(socket, 'open')
    socket.send('there and back')
    const [data] = (await once(socket, 'message')) as [Buffer]
    socket.close()
    await once(socket, 'close')

    assert.equal(data.toString(), 'there and back')
  })

  test('nobody home, and a sly path, are answered by sallyport itself', async () => {
    const nobody = await fetch(`${url}/nobody`)
    const sly = await fetch(`${url}/api/..%2f..%2fetc`)

    assert.equal(nobody.status, 502)
    assert.match(nobody.headers.get('proxy-status') ?? '', /error=connection_refused/)
    assert.equal(sly.status, 400)
  })

  test('the access log tells what happened', async () => {
    await fetch(`${url}/api/headers?for=the-log`)

    await demo.says(/for=the-log/)
  })

  test('a port that is taken is said in one line, with exit code 1', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as AddressInfo

    const second = startChild('examples/demo/main.ts', [], { PORT: String(port) })
    await second.says(new RegExp(`^Port ${port} is taken\\.`, 'm'))
    const code = await second.ends()
    squatter.close()

    assert.equal(code, 1)
  })

  test('Ctrl-C drains: what is in flight is answered, and the exit code is 0', async () => {
    const late = fetch(`${url}/live/slow?ms=600`)
    await fetch(`${url}/api/whoami`)

    const code = demo.stop('SIGINT')

    assert.equal((await late).status, 200)
    assert.equal(await code, 0)
  })
})
