import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest, type ServerResponse } from 'node:http'
import net from 'node:net'
import { test } from 'node:test'
import { root } from '../support/imports.ts'
import { startOrigin } from '../support/origin.ts'
import { main, startReverse } from './run-cli.ts'

/** An origin that holds its answers back until it is told. */
async function holdingOrigin() {
  const arrived = Promise.withResolvers<ServerResponse>()
  const origin = await startOrigin((_, response) => {
    response.writeHead(200, { 'content-length': '5' })
    response.write('he')
    arrived.resolve(response)
  })
  return { origin, arrived: arrived.promise }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} lets a request in flight finish, and ends with 0`, async (t) => {
    const { origin, arrived } = await holdingOrigin()
    t.after(() => origin.close())
    const { child, url } = await startReverse(t, ['--to', origin.url])
    const answer = fetch(url)
    const held = await arrived

    const ended = child.stop(signal)
    await child.says(/ending; what is in flight may finish, for 10 s at most/)
    held.end('llo')

    assert.equal(await (await answer).text(), 'hello')
    assert.equal(await ended, 0)
    assert.match(child.output(), /"status":200,.*"bytes\.sent":5/)
  })
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`a second ${signal} ends at once with ${code}`, async (t) => {
    const { origin, arrived } = await holdingOrigin()
    t.after(() => origin.close())
    const { child, url } = await startReverse(t, ['--to', origin.url])
    const request = httpRequest(url).on('error', () => {})
    request.end()
    await arrived

    child.process.kill(signal)
    await child.says(/ending/)
    // A hand that is in earnest presses again until it works.
    const pressing = setInterval(() => child.process.kill(signal), 50)
    t.after(() => clearInterval(pressing))

    const [ended] = await once(child.process, 'exit')
    assert.equal(ended, code)
  })
}

test('a signal that comes twice at once, as under npx, is one', async (t) => {
  const { origin, arrived } = await holdingOrigin()
  t.after(() => origin.close())
  const { child, url } = await startReverse(t, ['--to', origin.url])
  const answer = fetch(url, { headers: { connection: 'close' } })
  const held = await arrived
  const exit = once(child.process, 'exit')

  child.process.kill('SIGINT')
  child.process.kill('SIGTERM')
  await child.says(/ending/)
  held.end('llo')

  assert.equal(await (await answer).text(), 'hello')
  assert.deepEqual(await exit, [0, null])
})

test('--drain-timeout bounds the wait for what does not finish', async (t) => {
  const { origin, arrived } = await holdingOrigin()
  t.after(() => origin.close())
  const { child, url } = await startReverse(t, ['--to', origin.url, '--drain-timeout', '100ms'])
  const broken = fetch(url).then((response) => response.text())
  await arrived

  const ended = child.stop('SIGTERM')

  await assert.rejects(broken)
  assert.equal(await ended, 0)
})

test('a reader of the log that stopped reading does not keep the process from ending', async (t) => {
  const origin = await startOrigin((_, response) => response.end())
  t.after(() => origin.close())
  // Its standard output is a pipe that is never read.
  const child = spawn(process.execPath, [main, 'reverse', '--to', origin.url, '--listen', '127.0.0.1:0'], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  while (!said.includes('try:')) await once(child.stderr, 'data')
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(said)?.[1])
  await flood(port, 3000)

  const exit = once(child, 'exit')
  child.kill('SIGTERM')

  assert.deepEqual(await exit, [0, null])
  assert.match(said, /warning: 2 lines of the access log lost/)
})

/** Asks `count` times on one connection. */
async function flood(port: number, count: number): Promise<void> {
  const socket = net.connect(port, '127.0.0.1')
  const head = `GET /${'x'.repeat(500)} HTTP/1.1\r\nHost: a.test\r\n`
  let answers = 0
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      answers += String(chunk).split('HTTP/1.1 200').length - 1
      if (answers >= count) resolve()
      else socket.write(`${head}\r\n`)
    })
    socket.write(`${head}\r\n`)
  })
  socket.destroy()
}
