import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from './bed.ts'

test('RFC 8246 2.1: what is immutable and fresh is not validated for a reload, but for no-cache and when its time is up', async (t) => {
  const { get, calls, clock } = await stage(t, (_, response) => {
    response.setHeader('Cache-Control', 'max-age=100, immutable=1')
    response.setHeader('ETag', '"a"')
    response.end('logo')
  })
  const reload = { 'Cache-Control': 'max-age=0' }
  await get('/logo')
  clock.advance(5_000)

  assert.match((await get('/logo', reload)).cache, /^gate; hit; ttl=95$/)
  assert.equal((await get('/logo', { ...reload, 'If-None-Match': '"a"' })).status, 304)
  assert.equal(calls.length, 1)

  assert.match((await get('/logo', { 'Cache-Control': 'no-cache' })).cache, /^gate; fwd=request/)
  clock.advance(100_000)
  assert.match((await get('/logo', reload)).cache, /^gate; fwd=/)
  assert.equal(calls.length, 3)
})

test('what is not immutable is validated for a reload', async (t) => {
  const { get, calls, clock } = await stage(t, (_, response) => {
    response.setHeader('Cache-Control', 'max-age=100')
    response.end('page')
  })
  await get('/page')
  clock.advance(5_000)
  await get('/page', { 'Cache-Control': 'max-age=0' })

  assert.equal(calls.length, 2)
})
