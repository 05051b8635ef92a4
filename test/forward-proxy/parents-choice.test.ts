import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import type { ProxyError } from '../../src/contract/errors.ts'
import { createParents, type Parents, type ParentsOptions } from '../../src/forward-proxy/parents/parents.ts'
import type { ParentAsk } from '../../src/forward-proxy/parents/rules.ts'
import type { Way } from '../../src/forward-proxy/parents/ways.ts'
import { chainTools } from '../support/chain-tools.ts'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import { freePort } from '../support/parent-programs.ts'
import { scriptedParent } from '../support/scripted-parent.ts'
import { until } from '../support/until.ts'

const ask: ParentAsk = { host: 'name.test', port: 443, user: undefined, groups: [], client: '192.0.2.1' }
const ok = 'HTTP/1.1 200 OK\r\n\r\n'
const abc = ['a', 'b', 'c'].map((name) => ({ name, url: `http://${name}.test:1` }))

interface Stage {
  readonly parents: Parents
  readonly clock: FakeClock
  readonly directs: string[]
}

function stage(t: TestContext, options: Partial<ParentsOptions> = {}, random: () => number = () => 0): Stage {
  const clock = fakeClock()
  const directs: string[] = []
  const parents = createParents(
    { parents: abc, ...options },
    {
      ...chainTools,
      clock,
      random,
      direct(host, port, callback) {
        directs.push(`${host}:${port}`)
        callback(null, new PassThrough())
        return () => {}
      },
    },
  )
  t.after(() => parents.close())
  return { parents, clock, directs }
}

/** The name of the way or the word; `verdict` is given back. */
function next(parents: Parents, who: Partial<ParentAsk> = {}, tried: readonly Way[] = []): string {
  const choice = parents.pick({ ...ask, ...who }, tried)
  if (choice.kind !== 'way') return choice.kind
  choice.release(null)
  return choice.way.name
}

const times = <T>(count: number, fn: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => fn(i))

function connect(
  parents: Parents,
  who: Partial<ParentAsk> = {},
): Promise<{ error: ProxyError | null; via: string; attempts: number }> {
  return new Promise((resolve) => {
    parents.connect({ ...ask, ...who }, (error, passage) => {
      passage?.socket.destroy()
      resolve({ error, via: passage?.via ?? '', attempts: passage?.attempts ?? 0 })
    })
  })
}

test('round-robin takes another one each time, by weight', (t) => {
  const { parents } = stage(t, {
    parents: [
      { name: 'a', url: 'http://a', weight: 2 },
      { name: 'b', url: 'http://b' },
    ],
  })

  assert.deepEqual(
    times(6, () => next(parents)),
    ['a', 'b', 'a', 'a', 'b', 'a'],
  )
})

test('random takes each by its weight', (t) => {
  const draws = [0, 0.32, 0.34, 0.65, 0.67, 0.999]
  const { parents } = stage(t, { policy: 'random' }, () => draws.shift() as number)

  assert.equal(times(6, () => next(parents)).join(''), 'aabbcc')
})

test('ordered takes the first that works', (t) => {
  const { parents } = stage(t, { policy: 'ordered', maxFails: 1 })

  assert.equal(times(3, () => next(parents)).join(''), 'aaa')
})

test('sticky-user keeps to one way for a user or an address; sticky-host for a target; both use all ways', (t) => {
  const byUser = stage(t, { policy: 'sticky-user' }).parents
  const byHost = stage(t, { policy: 'sticky-host' }).parents

  for (const [parents, who] of [
    [byUser, (i: number) => ({ user: `user${i}`, host: `${Math.random()}` })],
    [byUser, (i: number) => ({ client: `192.0.2.${i}` })],
    [byHost, (i: number) => ({ host: `host${i}`, user: `${Math.random()}` })],
  ] as const) {
    const first = times(300, (i) => next(parents, who(i)))
    const again = times(300, (i) => next(parents, who(i)))
    assert.deepEqual(again, first)
    for (const name of ['a', 'b', 'c']) assert.ok(first.filter((one) => one === name).length > 60, name)
  }
})

test('when a way drops out, only its own users move', (t) => {
  const { parents } = stage(t, { policy: 'sticky-user' })
  const before = times(200, (i) => next(parents, { user: `u${i}` }))
  const b = parents.pick({ ...ask, user: `u${before.indexOf('b')}` }, [])
  assert.ok(b.kind === 'way')
  b.release()

  const after = times(200, (i) => next(parents, { user: `u${i}` }, [b.way]))

  for (const [i, name] of before.entries()) if (name !== 'b') assert.equal(after[i], name)
  assert.ok(!after.includes('b'))
})

test('time: all go one way, until it is the turn of the next', (t) => {
  const { parents, clock } = stage(t, { policy: 'time', rotateEvery: '1m' })

  const seen = times(8, () => {
    const name = next(parents)
    clock.advance(30_000)
    return name
  })

  assert.equal(seen.join(''), 'aabbccaa')
})

test('the first rule that is met decides: by target, user, group; direct; deny', (t) => {
  const { parents } = stage(t, {
    rules: [
      { to: ['.bad.test'], use: 'deny' },
      { to: ['.corp.test', '10.0.0.0/8'], use: 'direct' },
      { users: ['anna'], to: ['name.test:8443'], use: 'a' },
      { users: ['anna', 'ben'], use: 'b' },
      { groups: ['staff'], use: ['a', 'c'] },
    ],
    policy: 'ordered',
  })

  assert.equal(next(parents, { host: 'x.bad.test', user: 'anna' }), 'deny')
  assert.equal(next(parents, { host: 'notbad.test' }), 'a')
  assert.equal(next(parents, { host: 'corp.test' }), 'direct')
  assert.equal(next(parents, { host: '10.1.2.3' }), 'direct')
  assert.equal(next(parents, { host: '10.1.2.3.test' }), 'a')
  assert.equal(next(parents, { user: 'anna', port: 8443 }), 'a')
  assert.equal(next(parents, { user: 'anna' }), 'b')
  assert.equal(next(parents, { user: 'ben' }), 'b')
  assert.equal(next(parents, { groups: ['x', 'staff'] }), 'a')
  assert.deepEqual(connectsAreDenied(parents), 'SP_DENIED')
})

function connectsAreDenied(parents: Parents): string | undefined {
  let code: string | undefined
  parents.connect({ ...ask, host: 'bad.test' }, (error) => {
    code = error?.code
  })
  return code
}

test('bad rules and options are named', (t) => {
  const bad: [Partial<ParentsOptions>, RegExp][] = [
    [{ rules: [{ use: 'aa' }] }, /rules\[0\]\.use.*'a'/],
    [{ rules: [{ use: 'a', user: ['x'] } as never] }, /rules\[0\]\.user.*users/],
    [{ rules: [{ use: 'deny', users: [] }] }, /rules\[0\]\.users/],
    [{ rules: [{ use: 'deny', to: ['a b'] }] }, /rules\[0\]\.to/],
    [{ policy: 'sticky' as never }, /policy.*'sticky-user'/],
    [{ maxfails: 1 } as never, /maxFails/],
    [{ failTimeout: 0 }, /failTimeout/],
  ]
  for (const [options, message] of bad) assert.throws(() => stage(t, options), message)
})

test('a parent that does not answer is left for another before the client hears of it, rests, and is tried again', async (t) => {
  const dead = `http://127.0.0.1:${await freePort()}`
  const good = await scriptedParent(t, [ok])
  const parents = [
    { name: 'dead', url: dead },
    { name: 'good', url: `http://127.0.0.1:${good.port}` },
  ]
  const { parents: ways, clock } = stage(t, { parents, policy: 'ordered', maxFails: 2, failTimeout: 1000 })

  assert.deepEqual(await connect(ways), { error: null, via: 'good', attempts: 2 })
  assert.deepEqual(await connect(ways), { error: null, via: 'good', attempts: 2 })
  assert.deepEqual(ways.states(), [
    { name: 'dead', fails: 2, ready: false },
    { name: 'good', fails: 0, ready: true },
  ])
  assert.deepEqual(await connect(ways), { error: null, via: 'good', attempts: 1 })
  clock.advance(1000)
  assert.deepEqual(await connect(ways), { error: null, via: 'good', attempts: 2 })
  assert.deepEqual(await connect(ways), { error: null, via: 'good', attempts: 1 }, 'it rests again')
  clock.advance(1000)
  const probe = ways.pick(ask, [])
  assert.ok(probe.kind === 'way' && probe.way.name === 'dead')
  assert.equal(next(ways), 'good', 'one exchange at a time tries it')
  probe.release(null)
  assert.equal(next(ways), 'dead', 'it has come through')
})

test('what a target does wrong is not held against the parent, and never leads to a direct connection', async (t) => {
  const parent = await scriptedParent(t, ['HTTP/1.1 502 no\r\n\r\n'])
  const url = `http://127.0.0.1:${parent.port}`
  const { parents, directs } = stage(t, { parents: [url], maxFails: 1, direct: true })

  for (let i = 0; i < 3; i++) assert.equal((await connect(parents)).error?.code, 'SP_CONNECT_FAILED')

  assert.equal(parents.states()[0]?.ready, true)
  assert.deepEqual(directs, [])
})

test("a parent's no is not got around by another", async (t) => {
  const strict = await scriptedParent(t, ['HTTP/1.1 403 no\r\n\r\n'])
  const lax = await scriptedParent(t, [ok])
  const urls = [strict, lax].map(({ port }) => `http://127.0.0.1:${port}`)
  const { parents } = stage(t, { parents: urls, policy: 'ordered', direct: true })

  assert.equal((await connect(parents)).error?.code, 'SP_PARENT_DENIED')
  assert.equal(lax.heard(), '')
})

test('direct only where it is allowed, as the last thing, and not where a rule names the parent', async (t) => {
  const dead = { name: 'dead', url: `http://127.0.0.1:${await freePort()}` }
  const closed = stage(t, { parents: [dead] })
  const open = stage(t, { parents: [dead], direct: true, maxFails: 1, rules: [{ users: ['anna'], use: 'dead' }] })

  assert.equal((await connect(closed.parents)).error?.code, 'SP_CONNECT_REFUSED')
  assert.deepEqual(await connect(open.parents), { error: null, via: 'direct', attempts: 2 })
  assert.deepEqual(await connect(open.parents), { error: null, via: 'direct', attempts: 1 })
  assert.equal((await connect(open.parents, { user: 'anna' })).error?.code, 'SP_CONNECT_REFUSED')
  assert.deepEqual(open.directs, ['name.test:443', 'name.test:443'])
  assert.deepEqual(closed.directs, [])
})

test('when all rest, the one that has rested longest is tried all the same', async (t) => {
  const { parents, clock } = stage(t, { maxFails: 1, policy: 'ordered' })
  const failed = new Error('x') as never
  Object.assign(failed, { parentFailed: true })
  for (const name of ['a', 'b', 'c']) {
    const choice = parents.pick(ask, [])
    assert.ok(choice.kind === 'way')
    assert.equal(choice.way.name, name)
    choice.release(failed)
    clock.advance(1)
  }

  assert.deepEqual(
    parents.states().map(({ ready }) => ready),
    [false, false, false],
  )
  assert.equal(next(parents), 'a')
})

test('no more than so many attempts', async (t) => {
  const ports = [await freePort(), await freePort(), await freePort(), await freePort()]
  const { parents } = stage(t, { parents: ports.map((port) => `http://127.0.0.1:${port}`), attempts: 2 })

  await connect(parents)

  assert.equal(parents.states().filter(({ fails }) => fails === 1).length, 2)
})

test('a cancelled connect is closed, and says nothing of the parent; close ends the others', async (t) => {
  const silent = await scriptedParent(t, [])
  const { parents, clock } = stage(t, { parents: [`http://127.0.0.1:${silent.port}`], maxFails: 1 })
  const cancel = parents.connect(ask, () => assert.fail('called after it was cancelled'))
  await until(() => silent.open() === 1, 'the connection')

  cancel()
  await until(() => silent.open() === 0, 'the connection to be closed')
  assert.equal(parents.states()[0]?.ready, true)

  const other = connect(parents)
  await until(() => silent.open() === 1, 'the connection')
  parents.close()
  assert.equal((await other).error?.code, 'SP_SHUTDOWN')
  assert.equal((await connect(parents)).error?.code, 'SP_SHUTDOWN')
  await until(() => silent.open() === 0 && clock.pending === 0, 'everything to be closed')
})

test('the check at start names those that cannot be reached', async (t) => {
  const good = await scriptedParent(t, [])
  const dead = await freePort()
  const { parents } = stage(t, {
    parents: [
      { name: 'good', url: `http://127.0.0.1:${good.port}` },
      { name: 'dead', url: `socks5h://u:hunter2@127.0.0.1:${dead}` },
      ...times(20, (i) => ({ name: `more${i}`, url: `http://127.0.0.1:${good.port}` })),
    ],
  })

  const reports = await new Promise<Parameters<Parameters<Parents['check']>[0]>[0]>((resolve) => parents.check(resolve))

  assert.equal(reports.length, 22)
  assert.deepEqual(
    reports.filter(({ error }) => error !== null).map(({ name, error }) => [name, error?.code, error?.parent]),
    [['dead', 'SP_CONNECT_REFUSED', `socks5h://127.0.0.1:${dead}`]],
  )
  assert.doesNotMatch(String(reports[1]?.error?.stack), /hunter2/)
  await until(() => good.open() === 0, 'the connections to be closed')
})
