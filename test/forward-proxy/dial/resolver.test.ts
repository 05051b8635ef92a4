import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProxyError } from '../../../src/contract/errors.ts'
import { askFamilies, type FamilyAnswer } from '../../../src/forward-proxy/dial/families.ts'
import type { Finder } from '../../../src/forward-proxy/dial/name-source.ts'
import { createResolver, type ResolverSettings, type Waiter } from '../../../src/forward-proxy/dial/resolver.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'

interface Told extends Waiter {
  readonly addresses: string[]
  /** Undefined until the end. */
  error: ProxyError | null | undefined
}

function told(): Told {
  return {
    addresses: [],
    error: undefined,
    found(addresses) {
      this.addresses.push(...addresses)
    },
    end(error) {
      assert.equal(this.error, undefined, 'ended twice')
      this.error = error
    },
  }
}

function bed(settings: Partial<ResolverSettings> = {}) {
  const clock = fakeClock()
  const asked: { host: string; finder: Finder; cancelled: boolean }[] = []
  const resolver = createResolver({
    clock,
    source: {
      ask(host, finder) {
        const one = { host, finder, cancelled: false }
        asked.push(one)
        return () => {
          one.cancelled = true
        }
      },
      async close() {},
    },
    settings: { timeout: 5000, minTtl: 0, maxTtl: 60_000, negativeTtl: 10_000, ...settings },
  })
  const ask = (host = 'a.test'): Told & { leave(): void } => {
    const waiter = told()
    const leave = resolver.resolve(host, waiter)
    return Object.assign(waiter, { leave })
  }
  return { clock, asked, resolver, ask }
}

const answer = (finder: Finder | undefined, addresses: readonly string[], ttl: number): void => {
  finder?.found(addresses, ttl)
  finder?.end(null, Number.POSITIVE_INFINITY)
}

test('those who ask for one name at the same time share one question', () => {
  const { asked, ask } = bed()
  const first = ask()
  const second = ask()
  ask('b.test')

  answer(asked[0]?.finder, ['8.8.8.8'], 60)

  assert.deepEqual(
    asked.map(({ host }) => host),
    ['a.test', 'b.test'],
  )
  assert.deepEqual(
    [first.addresses, first.error, second.addresses, second.error],
    [['8.8.8.8'], null, ['8.8.8.8'], null],
  )
})

test('who comes between two families is told of the first one at once', () => {
  const { asked, ask } = bed()
  ask()
  asked[0]?.finder.found(['2606:4700::1'], 60)
  const second = ask()
  assert.deepEqual(second.addresses, ['2606:4700::1'])

  asked[0]?.finder.found(['8.8.8.8'], 60)
  asked[0]?.finder.end(null, 0)

  assert.deepEqual(second.addresses, ['2606:4700::1', '8.8.8.8'])
  assert.equal(second.error, null)
})

test('an answer is kept for its TTL, within bounds', () => {
  const cases: [Partial<ResolverSettings>, number, number][] = [
    [{}, 30, 30_000],
    [{}, 3600, 60_000],
    [{ minTtl: 1000 }, 0, 1000],
  ]
  for (const [settings, ttl, holds] of cases) {
    const { asked, ask, clock } = bed(settings)
    ask()
    answer(asked[0]?.finder, ['8.8.8.8'], ttl)
    clock.advance(holds - 1)
    assert.deepEqual(ask().addresses, ['8.8.8.8'])
    assert.equal(asked.length, 1)
    clock.advance(1)
    ask()
    assert.equal(asked.length, 2)
  }
})

test('TTL 0 is not kept where minTtl is off', () => {
  const { asked, ask } = bed()
  ask()
  answer(asked[0]?.finder, ['8.8.8.8'], 0)
  ask()

  assert.equal(asked.length, 2)
})

test('that a name has nothing is kept as long as DNS says, and at most for negativeTtl', () => {
  for (const [ttl, holds] of [
    [3, 3000],
    [Number.POSITIVE_INFINITY, 10_000],
  ] as const) {
    const { asked, ask, clock } = bed()
    const first = ask()
    asked[0]?.finder.end(null, ttl)
    assert.equal(first.error?.code, 'SP_DNS')
    clock.advance(holds - 1)
    assert.equal(ask().error?.code, 'SP_DNS')
    assert.equal(asked.length, 1)
    clock.advance(1)
    ask()
    assert.equal(asked.length, 2)
  }
})

test('a failure is kept for a second, and so is an answer with a family missing', () => {
  const { asked, ask, clock } = bed()
  ask()
  asked[0]?.finder.end(new ProxyError('SP_DNS', 'SERVFAIL'), 0)
  assert.equal(ask().error?.message, 'SERVFAIL')
  clock.advance(1000)
  ask()
  asked[1]?.finder.found(['8.8.8.8'], 60)
  asked[1]?.finder.end(new ProxyError('SP_DNS', 'SERVFAIL'), 0)
  assert.equal(ask().error, null)
  clock.advance(1000)
  ask()

  assert.equal(asked.length, 3)
})

test('a look-up without an answer ends with SP_DNS_TIMEOUT, 504; with one family it is an answer', () => {
  const { asked, ask, clock } = bed()
  const first = ask()
  const second = ask('b.test')
  asked[1]?.finder.found(['8.8.8.8'], 60)
  clock.advance(5000)

  assert.equal(first.error?.code, 'SP_DNS_TIMEOUT')
  assert.equal(first.error?.status, 504)
  assert.equal(second.error, null)
  assert.ok(asked.every(({ cancelled }) => cancelled))
  asked[0]?.finder.found(['8.8.4.4'], 60)
  asked[0]?.finder.end(null, 0)
  assert.deepEqual(first.addresses, [])
  assert.equal(clock.pending, 0)
})

test('when nobody waits any more nobody is asked; an answer of which half is there is waited for', () => {
  const { asked, ask, clock } = bed()
  const first = ask()
  const second = ask()
  first.leave()
  assert.equal(asked[0]?.cancelled, false)
  second.leave()
  assert.equal(asked[0]?.cancelled, true)
  assert.equal(clock.pending, 0)

  const third = ask()
  asked[1]?.finder.found(['8.8.8.8'], 60)
  third.leave()
  assert.equal(asked[1]?.cancelled, false)
  asked[1]?.finder.found(['8.8.4.4'], 60)
  asked[1]?.finder.end(null, 0)

  assert.deepEqual(ask().addresses, ['8.8.8.8', '8.8.4.4'])
  assert.equal(asked.length, 2)
})

test('localhost is never asked of anybody (RFC 6761)', () => {
  const { asked, ask } = bed()

  for (const host of ['localhost', 'a.localhost']) assert.deepEqual(ask(host).addresses, ['127.0.0.1', '::1'])
  assert.equal(asked.length, 0)
})

test('what is kept, and what is asked at a time, is bounded', () => {
  const { asked, ask } = bed()
  const waiting = Array.from({ length: 1025 }, (_, i) => ask(`${i}.test`))
  assert.equal(asked.length, 1024)
  assert.equal(waiting[1024]?.error?.code, 'SP_DNS')

  for (const { finder } of asked.slice()) answer(finder, ['8.8.8.8'], 60)
  for (let i = 1024; i < 4097; i++) {
    ask(`${i}.test`)
    answer(asked.at(-1)?.finder, ['8.8.8.8'], 60)
  }

  const before = asked.length
  ask('4096.test')
  ask('1.test')
  assert.equal(asked.length, before)
  ask('0.test')
  assert.equal(asked.length, before + 1)
})

test('close ends what is being asked, and takes nothing more', async () => {
  const { asked, ask, resolver, clock } = bed()
  const first = ask()

  await resolver.close()

  assert.equal(first.error?.code, 'SP_SHUTDOWN')
  assert.equal(asked[0]?.cancelled, true)
  assert.equal(ask().error?.code, 'SP_SHUTDOWN')
  assert.equal(clock.pending, 0)
})

interface Families {
  readonly clock: FakeClock
  readonly log: string[]
  readonly give: Record<4 | 6, (error: ProxyError | null, answer?: FamilyAnswer) => void>
  readonly cancel: () => void
}

function families(): Families {
  const clock = fakeClock()
  const log: string[] = []
  const give = {} as Families['give']
  const cancel = askFamilies(
    clock,
    [6, 4],
    (family, callback) => {
      give[family] = (error, answer) => callback(error, answer)
      return () => log.push(`cancel ${family}`)
    },
    {
      found: (addresses, ttl) => log.push(`${addresses.join(' ')} ${ttl}`),
      end: (error, ttl) => log.push(`end ${error?.message ?? 'whole'} ${ttl}`),
    },
  )
  return { clock, log, give, cancel }
}

test('AAAA is given at once; A waits 50 ms for it, and goes first when it does not come', () => {
  const one = families()
  one.give[6](null, { addresses: ['::6'], ttl: 6 })
  assert.deepEqual(one.log, ['::6 6'])
  one.give[4](null, { addresses: ['4'], ttl: 4 })
  assert.deepEqual(one.log, ['::6 6', '4 4', 'end whole Infinity'])

  const two = families()
  two.give[4](null, { addresses: ['4'], ttl: 4 })
  two.clock.advance(49)
  assert.deepEqual(two.log, [])
  two.give[6](null, { addresses: ['::6'], ttl: 6 })
  assert.deepEqual(two.log, ['::6 6', '4 4', 'end whole Infinity'])
  assert.equal(two.clock.pending, 0)

  const three = families()
  three.give[4](null, { addresses: ['4'], ttl: 4 })
  three.clock.advance(50)
  assert.deepEqual(three.log, ['4 4'])
  three.give[6](null, { addresses: ['::6'], ttl: 6 })
  assert.deepEqual(three.log, ['4 4', '::6 6', 'end whole Infinity'])
})

test('a family that failed is told at the end; one that has nothing says for how long', () => {
  const one = families()
  one.give[6](new ProxyError('SP_DNS', 'SERVFAIL'))
  one.give[4](null, { addresses: ['4'], ttl: 4 })
  assert.deepEqual(one.log, ['4 4', 'end SERVFAIL Infinity'])

  const two = families()
  two.give[4](null, { addresses: [], ttl: 9 })
  two.give[6](null, { addresses: [], ttl: 7 })
  assert.deepEqual(two.log, ['end whole 7'])
})

test('after it was given up nothing is told, and no timer is left', () => {
  const one = families()
  one.give[4](null, { addresses: ['4'], ttl: 4 })
  one.cancel()
  one.give[6](null, { addresses: ['::6'], ttl: 6 })
  one.clock.advance(1000)

  assert.deepEqual(one.log, ['cancel 6', 'cancel 4'])
  assert.equal(one.clock.pending, 0)
})
