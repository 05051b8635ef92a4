import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exchangeWith } from '../http/exchange-with.ts'
import { poolBed, urls } from './pool-bed.ts'

const sticky = { secret: 'a secret of the tests' }

test('of two that were asked at a time the cookie names the one whose answer the client has', () => {
  const { pool } = poolBed({ upstreams: urls(2), sticky })
  const exchange = exchangeWith({})
  const first = pool.pick({ exchange, tried: [] })
  assert.ok(first)
  const second = pool.pick({ exchange, tried: [first.upstream] })
  assert.ok(second)

  first.answered(200)
  second.release()

  const cookie = String(exchange.replyFields?.[1]).split(';')[0] as string
  const later = exchangeWith({ fields: ['Cookie', cookie] })
  for (let i = 0; i < 8; i++) {
    const lease = pool.pick({ exchange: later, tried: [] })
    assert.equal(lease?.upstream, first.upstream)
    lease?.release()
  }
})
