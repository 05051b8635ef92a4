import assert from 'node:assert/strict'
import { constants } from 'node:http2'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { h2Origin, type ServeStream } from '../../support/h2-origin.ts'
import { gateTo } from './gate.ts'

async function origin(t: TestContext, serve: ServeStream): Promise<string> {
  const one = await h2Origin(serve)
  t.after(() => one.close())
  return one.url
}

const ok: ServeStream = (stream) => {
  stream.respond({ ':status': 200 })
  stream.end('ok')
}

const refusing =
  (seen: string[]): ServeStream =>
  (stream, headers) => {
    seen.push(`${headers[':method']}`)
    stream.close(constants.NGHTTP2_REFUSED_STREAM)
  }

for (const method of ['GET', 'POST', 'PATCH', 'PURGE']) {
  test(`a stream that was refused has done nothing: ${method} is sent again`, async (t) => {
    const seen: string[] = []
    let first = true
    const url = await origin(t, (stream, headers, raw) => {
      if (first) refusing(seen)(stream, headers, raw)
      else ok(stream, headers, raw)
      first = false
    })
    const gate = gateTo(t, [url], { attempts: 0, on: new Set() }, { http2: true })

    const { error, status } = await gate.ask({ method }).over

    assert.deepEqual([error, status, seen.length], [undefined, 200, 1])
  })
}

test('an upstream that refuses twice is left for another, by POST too', async (t) => {
  const seen: string[] = []
  const gate = gateTo(t, [await origin(t, refusing(seen)), await origin(t, ok)], {}, { http2: true })

  const { error, status } = await gate.ask({ method: 'POST' }).over

  assert.deepEqual([error, status], [undefined, 200])
  assert.deepEqual(seen, ['POST', 'POST'])
})

test('a POST whose stream was cancelled is not sent again: it may have done its work', async (t) => {
  const seen: string[] = []
  const cancelling: ServeStream = (stream, headers) => {
    seen.push(`${headers[':method']}`)
    stream.close(constants.NGHTTP2_CANCEL)
  }
  const gate = gateTo(t, [await origin(t, cancelling), await origin(t, ok)], {}, { http2: true })

  const post = await gate.ask({ method: 'POST' }).over
  const get = await gate.ask({ method: 'GET' }).over

  assert.equal(post.error?.code, 'SP_UPSTREAM_RESET')
  assert.equal(get.status, 200)
  assert.deepEqual(seen, ['POST', 'GET'])
})

test('a POST on a session that dies without a word is not sent again: that proves nothing', async (t) => {
  const seen: string[] = []
  const url = await origin(t, (stream, headers, raw) => {
    seen.push(`${headers[':method']}`)
    if (seen.length === 2) stream.session?.destroy()
    else ok(stream, headers, raw)
  })
  const gate = gateTo(t, [url, await origin(t, ok)], {}, { http2: true })
  await gate.ask().over

  const { error } = await gate.ask({ method: 'POST' }).over

  assert.equal(error?.code, 'SP_UPSTREAM_RESET')
  assert.deepEqual(seen, ['GET', 'POST'])
})

test('a POST with content that was refused is told: the content has begun to flow', async (t) => {
  const gate = gateTo(t, [await origin(t, refusing([])), await origin(t, ok)], {}, { http2: true })

  const { error } = await gate.ask({ method: 'POST', body: Readable.from([Buffer.from('x')]) }).over

  assert.equal(error?.code, 'SP_UPSTREAM_RESET')
})

test('a PUT that was refused is replayed from the buffer', async (t) => {
  const bodies: string[] = []
  const taking: ServeStream = (stream) => {
    let body = ''
    stream.on('data', (chunk) => (body += chunk))
    stream.on('end', () => {
      bodies.push(body)
      stream.respond({ ':status': 204 })
      stream.end()
    })
  }
  const urls = [await origin(t, refusing([])), await origin(t, taking)]
  const gate = gateTo(t, urls, { bufferBody: 1000 }, { http2: true })

  const body = Readable.from([Buffer.from('some '), Buffer.from('content')])
  const sender = await gate.ask({ method: 'PUT', body }).over

  assert.equal(sender.status, 204)
  assert.deepEqual(bodies, ['some content'])
  assert.equal(sender.sent, 'some content')
})

test('a 503 whose end is open costs one stream, not the session', async (t) => {
  let sessions = 0
  const one = await h2Origin((stream) => {
    stream.respond({ ':status': 503 })
    stream.write('busy')
  })
  t.after(() => one.close())
  const gate = gateTo(t, [one.url, await origin(t, ok)], { on: new Set(['503']) }, { http2: true })

  for (let i = 0; i < 3; i++) {
    assert.equal((await gate.ask().over).status, 200)
    sessions = Math.max(sessions, one.sessions.size)
  }

  assert.equal(sessions, 1)
})
