import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from './bed.ts'

test('RFC 9211: an error of ours says what the cache did too', async (t) => {
  const { get } = await stage(t, (_, response) => response.socket?.destroy())

  const { status, cache } = await get('/page')
  assert.equal(status, 502)
  assert.equal(cache, 'gate; fwd=uri-miss')
})

test('RFC 9211: only-if-cached without anything stored was neither a hit nor sent on', async (t) => {
  const { get, calls } = await stage(t, (_, response) => response.end('page'))

  const { status, cache } = await get('/page', { 'Cache-Control': 'only-if-cached' })
  assert.equal(status, 504)
  assert.equal(cache, 'gate; detail=only-if-cached')
  assert.equal(calls.length, 0)
})

test('statusField: false says nothing, in errors neither', async (t) => {
  const { get } = await stage(t, (_, response) => response.socket?.destroy(), { cache: { statusField: false } })

  assert.equal((await get('/page')).cache, '')
  assert.equal((await get('/page', { 'Cache-Control': 'only-if-cached' })).cache, '')
})

test('RFC 9211 2: a name that is no token of a structured field is a string', async (t) => {
  const { get } = await stage(t, (_, response) => response.end('page'), { kernel: { pseudonym: '9gate' } })

  assert.match((await get('/page')).cache, /^"9gate"; fwd=uri-miss/)
})
