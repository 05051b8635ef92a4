import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyBaseLogger } from 'fastify'
import { logPool, PoolKeeper } from '../../plugins/kernel/pool-keeper.ts'
import { poolBed, urls } from '../balance/pool-bed.ts'

const keptIn = (calls: string[], name: string) => ({
  start: () => calls.push(`${name} starts`),
  close: () => calls.push(`${name} closes`),
})

test('what is kept starts with the server and ends with it, once each, whenever it came', () => {
  const keeper = new PoolKeeper()
  const calls: string[] = []
  const early = keptIn(calls, 'early')

  keeper.add(early)
  keeper.add(early)
  keeper.start()
  keeper.add(keptIn(calls, 'late'))
  keeper.close()
  keeper.add(keptIn(calls, 'too late'))

  assert.deepEqual(calls, ['early starts', 'late starts', 'early closes', 'late closes', 'too late closes'])
})

test('each change of a pool is one line of the log, a warning where it is bad news', () => {
  const lines: string[] = []
  const line = (level: string) => (_: object, text: string) => lines.push(`${level} ${text}`)
  const log = { info: line('info'), warn: line('warn'), error: line('error') } as unknown as FastifyBaseLogger
  const { pool, take } = poolBed({ upstreams: urls(3), outlier: { consecutive5xx: 1, ejectionJitter: 0 } })
  logPool(pool, log)

  take(pool.upstreams.slice(1)).release('SP_UPSTREAM_RESET')
  pool.health('b:80', 'down')
  take().release()
  pool.health('b:80', 'auto')
  take().release()
  pool.drain('c:80')
  pool.weight('c:80', 2)
  pool.remove('c:80')
  pool.add('http://d')
  pool.events.emit('discovery', { problem: 'SERVFAIL' })
  pool.events.emit('discovery', { problem: undefined })
  pool.events.on('weight', () => {
    throw new Error('oops')
  })
  pool.weight('d:80', 3)

  assert.deepEqual(lines, [
    'warn sallyport: pool test: a:80 is ejected for 30 s: consecutive_5xx',
    'warn sallyport: pool test: b:80 is down: set by the operator',
    'warn sallyport: pool test: too few upstreams are well, all of priority 0 serve',
    'info sallyport: pool test: b:80 is up: set by the operator',
    'info sallyport: pool test: enough upstreams are well again',
    'info sallyport: pool test: c:80 is in state drain',
    'info sallyport: pool test: c:80 has drained',
    'info sallyport: pool test: c:80 weighs 2',
    'info sallyport: pool test: c:80 is removed',
    'info sallyport: pool test: d:80 is added',
    'warn sallyport: pool test: discovery: SERVFAIL',
    'info sallyport: pool test: discovery works again',
    'info sallyport: pool test: d:80 weighs 3',
    "error sallyport: pool test: a listener of 'weight' threw",
  ])
})
