import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { balance } from '../../src/balance/balance.ts'
import { ProxyError } from '../../src/contract/errors.ts'
import {
  type DispatchController,
  type DispatchHandler,
  type DispatchOptions,
  idleController,
} from '../../src/contract/layer.ts'
import { poolBed, urls } from './pool-bed.ts'

const controller = { ...idleController, rawHeaders: [] } as DispatchController

/** Two exchanges whose content comes slowly; the first answer of an upstream says nothing. The latency that is believed. */
function latencyAfter(end: 'leaves' | 'answered'): number | undefined {
  const { pool, clock } = poolBed({ upstreams: urls(1) })
  let handler: DispatchHandler = {}
  const dispatch = balance({ clock })((_, its) => {
    handler = its
    return true
  })
  for (let i = 0; i < 2; i++) {
    dispatch({ path: '/', method: 'POST', headers: [], pool, body: new PassThrough() } as DispatchOptions, {})
    clock.advance(10)
    handler.onRequestStart?.(controller, null)
    clock.advance(5000)
    handler.onBodySent?.(Buffer.from('slowly'))
    clock.advance(5000)
    if (end === 'leaves') {
      handler.onResponseError?.(controller, new ProxyError('SP_CLIENT_GONE'))
      continue
    }
    handler.onRequestSent?.()
    clock.advance(20)
    handler.onResponseStart?.(controller, 200, {})
    handler.onResponseEnd?.(controller, {})
  }
  return pool.list()[0]?.latency
}

test('attack: the time that a client takes over its content is none of the latency of its upstream', () => {
  assert.equal(latencyAfter('answered'), 30)
})

test('attack: a client that leaves in the middle of its content says nothing of its upstream', () => {
  assert.equal(latencyAfter('leaves'), undefined)
})
