import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildTrailers, isForbiddenTrailer } from '../../src/http/trailers.ts'

test('trailers for framing, routing, control, authentication and content are forbidden (RFC 9110 6.5.1)', () => {
  const names = [
    ...['Transfer-Encoding', 'Content-Length', 'Host', 'Connection', 'Trailer', 'TE', 'Upgrade', ':status', ':path'],
    ...['Cache-Control', 'Expect', 'Max-Forwards', 'Pragma', 'Range', 'If-Match', 'If-None-Match', 'If-Range'],
    ...['Authorization', 'Proxy-Authorization', 'WWW-Authenticate', 'Set-Cookie', 'Cookie'],
    ...['Age', 'Expires', 'Date', 'Location', 'Retry-After', 'Vary', 'Content-Type', 'Content-Encoding'],
    ...['Content-Range', 'Forwarded', 'X-Forwarded-For', 'X-Real-IP', 'Via'],
  ]

  for (const name of names) assert.equal(isForbiddenTrailer(name), true, name)
})

test('trailers that say something of the content are welcome', () => {
  for (const name of ['Server-Timing', 'ETag', 'Digest', 'grpc-status', 'grpc-message', 'X-Checksum']) {
    assert.equal(isForbiddenTrailer(name), false, name)
  }
})

test('trailers go on in order and number, from bytes and from text, without the forbidden and the broken', () => {
  const bytes = ['X-A', '1', 'Content-Length', '3', 'x-a', '\xe9', 'X-Bad', 'a\nb'].map((s) => Buffer.from(s, 'latin1'))

  assert.deepEqual(buildTrailers(bytes), ['X-A', '1', 'x-a', '\xe9'])
  assert.deepEqual(buildTrailers(['grpc-status', '0', ':status', '200', '', 'x']), ['grpc-status', '0'])
  assert.deepEqual(buildTrailers([]), [])
})
