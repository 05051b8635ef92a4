import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { hashSync } from 'bcryptjs'
import type { IdentityOptions } from '../../../src/forward-proxy/identity/identity-options.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { basic, client, clientAt, open } from './identity-bed.ts'

const ann = { user: 'ann', password: 'right', groups: ['staff'] }

/** An identity whose checks are counted, and answered when the test says so. */
function counted(t: Parameters<typeof open>[0], options: object = {}, clock = fakeClock()) {
  const asked: string[] = []
  const gates: (() => void)[] = []
  const verify = {
    async check(credential: { scheme: string; user?: string; password?: string }) {
      asked.push(credential.user ?? '')
      await new Promise<void>((resolve) => gates.push(resolve))
      return credential.password === 'right' ? { user: credential.user as string } : undefined
    },
  }
  const identity = open(t, { verify, ...options } as IdentityOptions, { clock })
  const answer = () => {
    for (const gate of gates.splice(0)) gate()
  }
  return { identity, asked, answer, clock }
}

test('nobody is asked where identity is off', (t) => {
  const identity = open(t, false)

  assert.equal(identity.asks, false)
  assert.deepEqual(identity.authenticate(basic('ann', 'x'), client), { user: undefined, groups: [] })
})

test('no credential, and one of a scheme that is not offered, is missing; the answer is 407 with a challenge', (t) => {
  const identity = open(t, { basic: { users: [ann] }, realm: 'the "gate" \\' })

  assert.equal(identity.authenticate(['Host', 'a.test'], client), 'missing')
  assert.equal(identity.authenticate(['Proxy-Authorization', 'Negotiate YII='], client), 'missing')
  assert.equal(identity.authenticate(['Proxy-Authorization', 'Bearer abc'], client), 'missing')
  assert.deepEqual(identity.challenge(), ['Proxy-Authenticate', 'Basic realm="the \\"gate\\" \\\\", charset="UTF-8"'])
  const refusal = identity.refusal('missing', client)
  assert.equal(refusal.status, 407)
  assert.deepEqual(refusal.fields, identity.challenge())
})

test('a right credential is remembered: it is known at once, until its time is over', async (t) => {
  const { identity, asked, answer, clock } = counted(t, { remember: '5m' })

  const first = identity.authenticate(basic('ann', 'right'), client)
  answer()
  assert.deepEqual(await first, { user: 'ann', groups: [] })
  clock.advance(299_999)
  assert.deepEqual(identity.authenticate(basic('ann', 'right'), client), { user: 'ann', groups: [] })
  assert.equal(asked.length, 1)

  clock.advance(1)
  const again = identity.authenticate(basic('ann', 'right'), client)
  assert.ok(again instanceof Promise)
  answer()
  await again
  assert.equal(asked.length, 2)
})

test('a known credential costs microseconds', async (t) => {
  const users = [{ user: 'ann', hash: hashSync('right', 8) }]
  const identity = open(t, { basic: { users } })
  const fields = basic('ann', 'right')
  await identity.authenticate(fields, client)

  const before = process.threadCpuUsage()
  for (let i = 0; i < 2000; i++) assert.ok(!(identity.authenticate(fields, client) instanceof Promise))
  const { user, system } = process.threadCpuUsage(before)
  const each = (user + system) / 2000

  t.diagnostic(`${each.toFixed(1)} µs`)
  assert.ok(each < 200, `${each} µs`)
})

test('those that come with one credential at once wait for one check', async (t) => {
  const { identity, asked, answer } = counted(t)

  const all = Array.from({ length: 50 }, () => identity.authenticate(basic('ann', 'right'), client))
  answer()

  for (const outcome of await Promise.all(all)) assert.deepEqual(outcome, { user: 'ann', groups: [] })
  assert.deepEqual(asked, ['ann'])
})

test('what is remembered is bounded', async (t) => {
  const { identity, asked, answer } = counted(t, { remembered: 2 })
  for (const user of ['a', 'b', 'c']) {
    const outcome = identity.authenticate(basic(user, 'right'), client)
    answer()
    await outcome
  }

  assert.ok(!(identity.authenticate(basic('c', 'right'), client) instanceof Promise))
  assert.ok(identity.authenticate(basic('a', 'right'), client) instanceof Promise)
  assert.equal(asked.length, 4)
})

test('too many wrong ones from an address are answered with 429 and Retry-After; the window slides', async (t) => {
  const { identity, asked, answer, clock } = counted(t, { failures: { most: 3, window: '60s' } })
  const guess = async (password: string, ip = '192.0.2.1') => {
    const outcome = identity.authenticate(basic('ann', password), clientAt(ip))
    answer()
    return await outcome
  }
  for (let i = 0; i < 3; i++) {
    assert.equal(await guess(`wrong${i}`), 'wrong')
    clock.advance(10_000)
  }

  assert.equal(await guess('wrong'), 'limited')
  assert.equal(await guess('right'), 'limited')
  assert.equal(asked.length, 3)
  const refusal = identity.refusal('limited', client)
  assert.equal(refusal.status, 429)
  assert.deepEqual(refusal.fields, ['Retry-After', '30'])
  assert.deepEqual(await guess('right', '192.0.2.2'), { user: 'ann', groups: [] })

  clock.advance(30_000)
  assert.deepEqual(await guess('right'), { user: 'ann', groups: [] })
  // The success took back none of the two failures that are left.
  assert.equal(await guess('wrong4'), 'wrong')
  assert.equal(await guess('right'), 'limited')
})

test('guesses that come all at once are no more tries than one after the other', async (t) => {
  const { identity, asked, answer } = counted(t, { failures: { most: 3, window: '60s' } })

  const all = Array.from({ length: 100 }, (_, i) => identity.authenticate(basic('ann', `wrong${i}`), client))
  answer()
  const outcomes = await Promise.all(all)

  assert.equal(asked.length, 3)
  assert.equal(outcomes.filter((outcome) => outcome === 'limited').length, 97)
})

test('all of an IPv6 /64 is one address; addresses that are counted are bounded', async (t) => {
  const { identity, answer } = counted(t, { failures: { most: 1, window: '60s', addresses: 2 } })
  const guess = async (ip: string) => {
    const outcome = identity.authenticate(basic('ann', `wrong${ip}`), clientAt(ip))
    answer()
    return await outcome
  }

  assert.equal(await guess('2001:db8::1'), 'wrong')
  assert.equal(await guess('2001:db8:0:0:ffff::2'), 'limited')
  assert.equal(await guess('2001:db8:0:1::1'), 'wrong')
  assert.equal(await guess('192.0.2.9'), 'wrong')
  // The first was pushed out by the third.
  assert.equal(await guess('2001:db8::1'), 'wrong')
})

test('an unknown user costs the time of a known one', async (t) => {
  const users = [
    { user: 'ann', hash: hashSync('right', 9) },
    { user: 'bob', hash: hashSync('left', 9) },
  ]
  const identity = open(t, { basic: { users }, failures: false })
  const time = async (user: string) => {
    // Of the processor, of all threads: the machine may be busy with other things.
    const before = process.cpuUsage()
    assert.equal(await identity.authenticate(basic(user, `wrong${performance.now()}`), client), 'wrong')
    const { user: spent, system } = process.cpuUsage(before)
    return (spent + system) / 1000
  }
  await time('ann')

  const known: number[] = []
  const unknown: number[] = []
  for (let i = 0; i < 5; i++) {
    known.push(await time('ann'))
    unknown.push(await time(`nobody${i}`))
  }

  const ratio = Math.min(...unknown) / Math.min(...known)
  t.diagnostic(`known ${Math.min(...known).toFixed(1)} ms, unknown ${Math.min(...unknown).toFixed(1)} ms`)
  assert.ok(ratio > 0.5 && ratio < 2, `${ratio}`)
})

test('hashing is work of other threads, and so many run and wait', async (t) => {
  const users = [{ user: 'ann', hash: hashSync('right', 11) }]
  const identity = open(t, { basic: { users }, hashing: { concurrency: 1, waiting: 2 }, failures: false })
  const work = performance.now()
  hashSync('right', 11)
  const each = performance.now() - work

  const before = process.threadCpuUsage()
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, (_, i) => identity.authenticate(basic('ann', `wrong${i}`), client)),
  )
  const { user, system } = process.threadCpuUsage(before)
  const ours = (user + system) / 1000

  assert.deepEqual(outcomes, ['wrong', 'wrong', 'wrong', 'limited', 'limited'])
  assert.deepEqual(identity.refusal('limited', client).fields, ['Retry-After', '1'])
  t.diagnostic(`three hashes of ${each.toFixed(0)} ms each: ${ours.toFixed(0)} ms of this thread`)
  assert.ok(ours < each, `${ours} ms of this thread for three hashes of ${each} ms`)
})

test('a user and a password that came by SOCKS5 are checked by the same rules', async (t) => {
  const identity = open(t, { basic: { users: [ann] } })

  assert.deepEqual(await identity.password('ann', 'right', client), { user: 'ann', groups: ['staff'] })
  assert.equal(await identity.password('ann', 'wrong', client), 'wrong')
  assert.equal(await identity.password('ann', 'ri\nght', client), 'wrong')
})

test('what a function throws is an SP_INTERNAL without the password, and counts for nobody', async (t) => {
  const verify = {
    check: ({ password }: { password?: string }) => {
      throw new Error(`no answer to bind(${password})`)
    },
  }
  const identity = open(t, { verify, failures: { most: 1 } } as unknown as IdentityOptions)

  for (let i = 0; i < 2; i++) {
    await assert.rejects(
      async () => identity.authenticate(basic('ann', 'hunter2'), client),
      (error: Error) => {
        assert.equal((error as { code?: string }).code, 'SP_INTERNAL')
        assert.match(error.message, /no answer to bind\(\(hidden\)\)/)
        return true
      },
    )
  }
})

test('no secret is seen by printing what is there, nor in the message of a bad option', async (t) => {
  const identity = open(t, { basic: { users: [{ user: 'ann', password: 'hunter2' }] } })
  await identity.authenticate(basic('ann', 'hunter2'), client)

  assert.doesNotMatch(`${inspect(identity, { depth: 9, showHidden: true })}${identity}`, /hunter2|aHVudGVyMg/)
  const bad: object[] = [
    { basic: { users: [{ user: 'ann', pasword: 'hunter2' }] } },
    { basic: { users: [{ user: 'ann', hash: 'hunter2' }] } },
    { basic: { users: [{ user: 'ann', password: 'x', hash: 'hunter2' }] } },
    { basic: { users: ['hunter2'] } },
    { basic: 'hunter2' },
    { bearer: { issuer: 'i', audience: 'a', secret: 'hunter2' } },
    { bearer: { issuer: 'i', audience: 'a', key: 'hunter2' } },
  ]
  for (const options of bad) {
    assert.throws(
      () => open(t, options as IdentityOptions),
      (error: Error) => error.name === 'OptionError' && !error.message.includes('hunter2'),
      JSON.stringify(options),
    )
  }
})
