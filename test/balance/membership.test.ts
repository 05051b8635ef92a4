import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Membership } from '../../src/balance/membership.ts'
import { type PoolOptions, readPool } from '../../src/balance/pool-options.ts'
import { createUpstream } from '../../src/upstream/origin.ts'

const membershipWith = (options: PoolOptions = {}): Membership =>
  new Membership(readPool('pool', { upstreams: ['http://unused'], ...options }), createUpstream)

const ids = (membership: Membership): string[] => membership.all().map(({ id }) => id)

test('the id is the place, with the path of its URL; one origin with two paths is two', () => {
  const membership = membershipWith()

  for (const url of ['http://a', 'http://a/x/', 'https://b', 'http://[::1]:8', 'http+unix:/run/a.sock']) {
    membership.add('upstream', { url }, 'api')
  }

  assert.deepEqual(ids(membership), ['a:80', 'a:80/x', 'b:443', '[::1]:8', 'unix:/run/a.sock'])
})

test('a backup comes after every other priority; what is said of itself is kept', () => {
  const membership = membershipWith()

  const backup = membership.add('upstream', { url: 'http://a', backup: true }, 'api')
  const first = membership.add('upstream', { url: 'http://b', priority: 2, locality: 'eu', maxRequests: 3 }, 'api')

  assert.ok(backup.priority > first.priority)
  assert.deepEqual([first.locality, first.maxRequests, first.weight], ['eu', 3, 1])
})

test('a list with something wrong in it changes nothing', () => {
  const membership = membershipWith()
  membership.replace('discover', [{ url: 'http://a' }])

  assert.throws(
    () => membership.replace('discover', [{ url: 'http://b' }, { url: 'ftp://c' }]),
    /'discover\[1\]\.url' is "ftp:\/\/c"/,
  )

  assert.deepEqual(ids(membership), ['a:80'])
})

test('the same place found twice is one', () => {
  const membership = membershipWith()

  const { added } = membership.replace('discover', [
    { url: 'http://a', weight: 2 },
    { url: 'http://a:80', weight: 5 },
  ])

  assert.deepEqual(
    added.map(({ id, weight }) => [id, weight]),
    [['a:80', 2]],
  )
})

test('priority, locality and maxRequests change in place', () => {
  const membership = membershipWith()
  const [before] = membership.replace('discover', [{ url: 'http://a' }]).added

  const { added, removed, weighed } = membership.replace('discover', [
    { url: 'http://a', priority: 1, locality: 'eu', maxRequests: 2, weight: 1 },
  ])

  assert.deepEqual([added, removed, weighed], [[], [], []])
  assert.equal(membership.get('a:80'), before)
  assert.deepEqual([before?.priority, before?.locality, before?.maxRequests], [1, 'eu', 2])
})

test('a pool has an end: 10,000 upstreams, however they came', () => {
  const membership = membershipWith()
  membership.replace(
    'discover',
    Array.from({ length: 9_999 }, (_, i) => ({ url: `http://a:${i + 1}` })),
  )
  membership.add('upstream', { url: 'http://b' }, 'api')

  assert.throws(() => membership.add('upstream', { url: 'http://c' }, 'api'), /at most 10000 upstreams/)
  const all = Array.from({ length: 10_000 }, (_, i) => ({ url: `http://a:${i + 1}` }))
  assert.throws(() => membership.replace('discover', all), /'discover' is 10001: a pool holds at most 10000 upstreams/)
  assert.equal(membership.all().length, 10_000)
  membership.replace('discover', [...all.slice(1), { url: 'http://b' }])
  assert.equal(membership.all().length, 10_000)
})
