import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import cache from '../../plugins/cache/index.ts'
import { startProxy, type TestProxy } from '../support/app.ts'
import { until } from '../support/until.ts'
import { answerHeads, listenWire } from '../support/wire.ts'
import { ask, begin, stage, times } from './bed.ts'

/** A proxy in front of an origin that says each of these in turn, to the letter, and then ends the connection. */
async function saying(t: TestContext, ...answers: string[]): Promise<TestProxy> {
  let next = 0
  const { url } = await listenWire(t, (wire) => {
    answerHeads(wire, () => {
      const answer = answers[Math.min(next++, answers.length - 1)] as string
      setImmediate(() => wire.socket.end())
      return answer
    })
  })
  return startProxy(t, { setup: (app) => app.register(cache, {}), reverse: { upstream: url } })
}

const good = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngood'

const rows: readonly [what: string, answer: string][] = [
  ['Content-Length that is not reached', 'Content-Length: 10\r\n\r\nshort'],
  ['chunks without the last one', 'Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n'],
  ['a chunk that is cut', 'Transfer-Encoding: chunked\r\n\r\n9\r\nshort'],
  ['a chunk size that is none', 'Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nxyz\r\n'],
]

for (const [what, answer] of rows) {
  test(`section 6.C 106: ${what}: the client sees it break, and nothing is stored`, async (t) => {
    const { url } = await saying(t, `HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n${answer}`, good)

    const first = await ask(`${url}/page`).catch(() => undefined)
    const second = await ask(`${url}/page`)

    assert.ok(first === undefined || first.broken || first.status === 502, JSON.stringify(first))
    assert.deepEqual([second.text, second.cache.includes('hit')], ['good', false])
  })
}

test('section 6.C 106: all that share an answer that breaks see it break', async (t) => {
  let cut: (() => void) | undefined
  const { url, get, calls } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60', 'Content-Length': 20 })
    response.write('first,')
    if (calls.length === 1) cut = () => response.socket?.destroy()
    else response.end('second, third.')
  })
  const clients = times(5, () => begin(`${url}/page`))
  await Promise.all(clients.map((client) => client.says('first,')))

  cut?.()

  for (const { over } of clients) assert.equal((await over).broken, true)
  assert.equal(calls.length, 1)
  const next = await get('/page')
  assert.deepEqual([next.text, next.cache.includes('hit')], ['first,second, third.', false])
})

test('section 6.C 106: a part that is shorter than its Content-Range is not stored, nor is what it would complete', async (t) => {
  const { get, calls } = await stage(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=60')
    response.setHeader('ETag', '"1"')
    if (request.headers.range === 'bytes=0-9') {
      response.writeHead(206, { 'Content-Range': 'bytes 0-9/20' })
      response.end('0123456789')
    } else if (request.headers.range !== undefined) {
      response.writeHead(206, { 'Content-Range': 'bytes 10-19/20' })
      response.end('abc')
    } else response.end('0123456789abcdefghij')
  })
  await get('/page', { Range: 'bytes=0-9' })

  const cut = await get('/page').catch(() => undefined)
  const after = await get('/page', { Range: 'bytes=10-12' })

  assert.ok(cut === undefined || cut.broken || cut.text === '0123456789abcdefghij')
  assert.doesNotMatch(after.cache, /hit/)
  assert.ok(calls.length >= 3)
})

test('a stored answer is not hurt by a later one that breaks', async (t) => {
  const { get, clock, calls } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=10', 'Content-Length': 4, ETag: `"${calls.length}"` })
    if (calls.length === 2) {
      response.write('ne')
      setImmediate(() => response.socket?.destroy())
    } else response.end(calls.length === 1 ? 'good' : 'next')
  })
  await get('/page')
  clock.advance(11_000)

  const broken = await get('/page').catch(() => undefined)
  const after = await get('/page')

  assert.ok(broken === undefined || broken.broken)
  assert.equal(after.text, 'next')
})

test('HTTP/1.0 content that ends with the connection is passed on, and stored only when it is known to be whole', async (t) => {
  const { url } = await saying(t, 'HTTP/1.0 200 OK\r\nCache-Control: max-age=60\r\n\r\nall of it', good)

  const first = await ask(`${url}/page`)
  const second = await ask(`${url}/page`)

  assert.deepEqual([first.text, first.broken], ['all of it', false])
  assert.ok(second.text === 'all of it' || second.text === 'good')
})

test('a slow client holds nobody up, and gets all of it in the end', async (t) => {
  const size = 4 << 20
  const { url, calls } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.end(Buffer.alloc(size, 'x'))
  })
  const slow = begin(`${url}/page`)
  await until(() => slow.status === 200, 'the head')
  slow.pause()

  const quick = await Promise.all(times(5, () => ask(`${url}/page`)))
  slow.resume()

  for (const { text } of quick) assert.equal(text.length, size)
  assert.equal((await slow.over).text.length, size)
  assert.equal(calls.length, 1)
})

test('a slow client that shares what is too long to keep is let go after a while, and the others go on', async (t) => {
  const size = 8 << 20
  const { url, clock } = await stage(
    t,
    (_, response) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60' })
      let sent = 0
      const more = (): void => {
        while (sent < size) {
          sent += 65536
          if (!response.write(Buffer.alloc(65536, 'x'))) {
            response.once('drain', more)
            return
          }
        }
        response.end()
      }
      more()
    },
    { cache: { memory: { maxBytes: '2MiB', maxEntryBytes: '256KiB' } } },
  )
  const slow = begin(`${url}/page`)
  const quick = begin(`${url}/page`)
  await until(() => slow.status === 200, 'the head')
  slow.pause()

  await until(() => {
    clock.advance(1000)
    return quick.text.length === size
  }, 'all of it for the quick one')

  assert.equal((await quick.over).broken, false)
})

test('a client that leaves in the middle of a hit hurts nobody: not the entry, not the next', async (t) => {
  const size = 8 << 20
  const { url, get, settled } = await stage(
    t,
    (_, response) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60' })
      response.end(Buffer.alloc(size, 'x'))
    },
    { cache: { memory: { maxEntryBytes: size } } },
  )
  await get('/page')
  const leaving = begin(`${url}/page`)
  await until(() => leaving.text.length > 0, 'the beginning')

  leaving.leave()
  await until(() => settled.length === 2, 'the end of the exchange')

  const { text, cache } = await get('/page')
  assert.deepEqual([text.length, cache.includes('hit')], [size, true])
  assert.equal(settled[1]?.facts.error, 'SP_CLIENT_GONE')
})
