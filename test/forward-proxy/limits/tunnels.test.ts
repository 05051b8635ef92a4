import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createQuotas } from '../../../src/forward-proxy/limits/quotas.ts'
import {
  createTunnels,
  type Tunnel,
  type TunnelLimits,
  type Tunnels,
} from '../../../src/forward-proxy/limits/tunnels.ts'
import type { SpliceEnd } from '../../../src/net/splice.ts'
import { fakeClock } from '../../support/fake-clock.ts'

function setUp(limits: TunnelLimits = {}, day?: number) {
  const clock = fakeClock()
  const quotas = day === undefined ? undefined : createQuotas('quota', { day }, { clock, warn: () => {} })
  return { clock, quotas, tunnels: createTunnels('tunnels', limits, { clock, quotas }) }
}

function opened(tunnels: Tunnels, user: string | null = 'ann', client = '192.0.2.1') {
  const tunnel = tunnels.open({ user: user ?? undefined, client, target: 'a.test:443' })
  assert.ok(typeof tunnel === 'object', String(tunnel))
  return tunnel
}

/** A splice that a test moves bytes through. */
function joined(tunnel: Tunnel) {
  const splice = {
    received: 0,
    sent: 0,
    reasons: [] as SpliceEnd[],
    close(reason: SpliceEnd) {
      splice.reasons.push(reason)
      tunnel.end()
    },
  }
  tunnel.attach(splice)
  return splice
}

test('the table tells of each tunnel what it is and what has moved', () => {
  const { clock, tunnels } = setUp()
  const splice = joined(opened(tunnels))
  clock.advance(5000)
  opened(tunnels, null, '192.0.2.9')
  splice.received = 10
  splice.sent = 20

  const since = Date.UTC(2026, 0, 1)
  const parts = { target: 'a.test:443' }
  assert.deepEqual(tunnels.list(), [
    { id: 1, user: 'ann', client: '192.0.2.1', ...parts, since, received: 10, sent: 20, opening: false },
    { id: 2, user: undefined, client: '192.0.2.9', ...parts, since: since + 5000, received: 0, sent: 0, opening: true },
  ])
})

test('tunnels are limited by user and in total, those being dialled too; a place comes back once', () => {
  const { clock, tunnels } = setUp({ most: 3, mostPerUser: 2 })
  const first = opened(tunnels)
  opened(tunnels)
  const parts = { client: '192.0.2.1', target: 'a.test:443' }

  assert.equal(tunnels.open({ user: 'ann', ...parts }), 'user')
  opened(tunnels, 'bob')
  assert.equal(tunnels.open({ user: 'cid', ...parts }), 'total')
  first.end()
  first.end()
  opened(tunnels)
  assert.equal(tunnels.open({ user: 'ann', ...parts }), 'total')
  assert.equal(tunnels.size, 3)
  assert.equal(clock.pending, 1)
})

test('without a name the address counts, and is no user of that name', () => {
  const { tunnels } = setUp({ mostPerUser: 1 })
  opened(tunnels, null)

  assert.equal(tunnels.open({ user: undefined, client: '192.0.2.1', target: 'x:1' }), 'user')
  opened(tunnels, '192.0.2.1')
  opened(tunnels, ':192.0.2.1')
  opened(tunnels, null, '192.0.2.2')
})

test('an idle tunnel is closed, one that moves is not; after its lifetime each is', () => {
  const { clock, tunnels } = setUp({ idleTimeout: '10s', maxLifetime: '1m' })
  const idle = joined(opened(tunnels))
  const busy = joined(opened(tunnels))

  for (let i = 0; i < 59; i++) {
    busy.received++
    clock.advance(1000)
  }
  assert.deepEqual(idle.reasons, ['idle'])
  assert.deepEqual(busy.reasons, [])
  clock.advance(1000)

  assert.deepEqual(busy.reasons, ['lifetime'])
  assert.equal(tunnels.size, 0)
  assert.equal(clock.pending, 0)
})

test('one timer looks after all tunnels, and none when there are none', () => {
  const { clock, tunnels } = setUp()
  const all = Array.from({ length: 200 }, () => opened(tunnels))
  assert.equal(clock.pending, 1)

  for (const tunnel of all) tunnel.end()

  assert.equal(clock.pending, 0)
})

test('a tunnel is killed by its id, also while it is being dialled', () => {
  const { tunnels } = setUp()
  const open = opened(tunnels)
  const splice = joined(open)
  const dialling = opened(tunnels)

  assert.equal(tunnels.kill(open.id), true)
  assert.equal(tunnels.kill(dialling.id), true)
  assert.equal(tunnels.kill(999), false)

  assert.deepEqual(splice.reasons, ['killed'])
  assert.deepEqual(joined(dialling).reasons, ['killed'])
  assert.equal(tunnels.size, 0)
})

test('who has used up the quota is cut off and gets no other tunnel', () => {
  const { clock, quotas, tunnels } = setUp({}, 1000)
  const splice = joined(opened(tunnels))
  const other = joined(opened(tunnels))
  const theirs = joined(opened(tunnels, 'bob'))

  splice.received = 400
  splice.sent = 500
  clock.advance(1000)
  assert.deepEqual(splice.reasons, [])
  splice.sent = 650
  clock.advance(1000)

  assert.deepEqual(splice.reasons, ['quota'])
  assert.deepEqual(other.reasons, ['quota'])
  assert.deepEqual(theirs.reasons, [])
  assert.equal(tunnels.open({ user: 'ann', client: 'x', target: 'x:1' }), 'quota')
  assert.equal(quotas?.state().users.ann?.day, 1050)
})

test('what a short tunnel has moved is charged at its end', () => {
  const { quotas, tunnels } = setUp({}, 1000)
  const tunnel = opened(tunnels)
  joined(tunnel).sent = 300

  tunnel.end()

  assert.equal(quotas?.left('ann'), 700)
})

test('closed, all are broken off, those that come from being dialled too', () => {
  const { clock, tunnels } = setUp()
  const splice = joined(opened(tunnels))
  const dialling = opened(tunnels)

  tunnels.close('drain')

  assert.deepEqual(splice.reasons, ['drain'])
  assert.deepEqual(joined(dialling).reasons, ['drain'])
  assert.equal(tunnels.size, 0)
  assert.equal(clock.pending, 0)
})
