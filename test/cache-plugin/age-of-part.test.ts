import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from './bed.ts'

test('RFC 9111 5.1: a part that comes from upstream keeps the age that it has, for who asked and for who comes later', async (t) => {
  const { get, calls } = await stage(t, (_, response) => {
    response.writeHead(206, {
      'Content-Range': 'bytes 0-3/10',
      'Cache-Control': 'max-age=1000',
      ETag: '"a"',
      Age: '100',
    })
    response.end('0123')
  })
  for (const round of ['first', 'second']) {
    const { status, headers } = await get('/film', { Range: 'bytes=0-3' })
    assert.equal(status, 206, round)
    assert.equal(headers.age, '100', round)
  }
  assert.equal(calls.length, 1)
})
