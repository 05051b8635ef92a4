import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Upstream } from '../../src/contract/pool.ts'
import { createUpstreams } from '../../src/upstream/upstreams.ts'

const url = 'http://127.0.0.1:3000'

test('the same URL and settings give the same upstream', () => {
  const upstreams = createUpstreams(() => {})
  const tls = { rejectUnauthorized: false }

  assert.equal(upstreams.get(url), upstreams.get(url))
  assert.equal(upstreams.get(url, { http2: true }), upstreams.get(url, { http2: true }))
  assert.equal(upstreams.get(url, { tls }), upstreams.get(url, { tls }))
})

test('other settings give another upstream', () => {
  const upstreams = createUpstreams(() => {})

  const all = [
    upstreams.get(url),
    upstreams.get(url, { http2: true }),
    upstreams.get(url, { tls: {} }),
    upstreams.get(url, { tls: {} }),
    upstreams.get('http://127.0.0.1:3001'),
  ]

  assert.equal(new Set(all).size, all.length)
})

test('a thousand are kept; past that the one not used for longest is forgotten', () => {
  const forgotten: Upstream[] = []
  const upstreams = createUpstreams((gone) => forgotten.push(gone))
  const first = upstreams.get('http://127.0.0.1:1')
  const second = upstreams.get('http://127.0.0.1:2')
  for (let port = 3; port <= 1000; port++) upstreams.get(`http://127.0.0.1:${port}`)
  assert.deepEqual(forgotten, [])

  upstreams.get('http://127.0.0.1:1')
  upstreams.get('http://127.0.0.1:1001')

  assert.deepEqual(forgotten, [second])
  assert.equal(upstreams.get('http://127.0.0.1:1'), first)
})
