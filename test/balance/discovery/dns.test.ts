import assert from 'node:assert/strict'
import dns from 'node:dns'
import { type TestContext, test } from 'node:test'
import type { DnsDiscoverOptions } from '../../../src/balance/discovery/discover-options.ts'
import { createDiscovery, readDiscovery } from '../../../src/balance/discovery/discovery.ts'
import type { Lookup } from '../../../src/balance/discovery/dns.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'
import { type Asked, a, dnsServer, nxdomain, type Reply, servfail } from './dns-server.ts'
import { listening } from './listening.ts'

const noLookup: Lookup = () => Promise.reject(new Error('not to be asked'))

interface Setting {
  readonly options?: Partial<DnsDiscoverOptions>
  readonly lookup?: Lookup
  /** The test's server is the system's. */
  readonly asSystem?: boolean
}

async function discovering(
  t: TestContext,
  reply: (asked: Asked) => Reply,
  { options = {}, lookup = noLookup, asSystem }: Setting = {},
) {
  const server = await dnsServer(t, reply)
  const clock = fakeClock()
  const system = dns.getServers()
  if (asSystem) dns.setServers([server.address])
  const given = { dns: 'http://api.test:3000', ...(asSystem ? {} : { servers: [server.address] }), ...options }
  const discovery = createDiscovery(readDiscovery('discover', given), { clock, random: () => 0, lookup })
  const heard = listening()
  const end = async (): Promise<void> => {
    discovery.close()
    assert.equal(clock.pending, 0)
    if (asSystem) dns.setServers(system)
    await server.close()
  }
  t.after(() => discovery.close())
  discovery.start(heard)
  return { server, clock, discovery, heard, end }
}

/** The look that is under way has ended: the timer of the next one stands. */
const looked = (clock: { readonly pending: number }): Promise<void> => until(() => clock.pending === 1, 'a look')

const v4only =
  (...addresses: string[]) =>
  ({ type, name }: Asked): Reply => ({ answers: type === 'A' ? addresses.map((address) => a(name, address)) : [] })

test('each address of a name is an upstream that keeps the name', async (t) => {
  const { clock, heard, end } = await discovering(t, ({ type, name }) => ({
    answers: type === 'A' ? [a(name, '10.0.0.2'), a(name, '10.0.0.1')] : [a(name, '2001:DB8:0::1')],
  }))

  await looked(clock)

  const url = 'http://api.test:3000'
  assert.deepEqual(heard.lists, [
    [
      { url, address: '10.0.0.1' },
      { url, address: '10.0.0.2' },
      { url, address: '2001:db8::1' },
    ],
  ])
  await end()
})

test('one family alone is asked for when so told', async (t) => {
  const { server, clock, end } = await discovering(t, ({ name }) => ({ answers: [a(name, '10.0.0.1')] }), {
    options: { family: 4 },
  })

  await looked(clock)

  assert.deepEqual(server.names, ['A api.test'])
  await end()
})

test('a name is asked again when the shortest TTL is over, within minTtl and maxTtl', async (t) => {
  for (const [ttls, options, expected] of [
    [[90, 20], {}, 20_000],
    [[0, 0], {}, 1000],
    [[5, 5], { minTtl: '30s' }, 30_000],
    [[86_400, 86_400], {}, 300_000],
    [[86_400, 86_400], { maxTtl: '1m' }, 60_000],
  ] as const) {
    const reply = ({ name }: Asked): Reply => ({ answers: ttls.map((ttl, i) => a(name, `10.0.0.${i}`, ttl)) })
    const { server, clock, end } = await discovering(t, reply, { options: { family: 4, ...options } })
    await looked(clock)

    clock.advance(expected - 1)
    assert.equal(clock.pending, 1)
    clock.advance(1)

    await until(() => server.asked.length === 2, `asked again after ${expected} ms`)
    await looked(clock)
    await end()
  }
})

test('a changed answer is told, the same one in another order is not', async (t) => {
  const { server, discovery, heard, end } = await discovering(t, v4only('10.0.0.1', '10.0.0.2'))
  await discovery.refresh()
  server.reply = v4only('10.0.0.2', '10.0.0.1')
  await discovery.refresh()
  assert.equal(heard.lists.length, 1)

  server.reply = v4only('10.0.0.2', '10.0.0.3')
  await discovery.refresh()

  assert.deepEqual(heard.last, ['10.0.0.2', '10.0.0.3'])
  await end()
})

test('through SERVFAIL the last list holds, and a good answer ends it', async (t) => {
  const { server, clock, discovery, heard, end } = await discovering(t, v4only('10.0.0.1'))
  await discovery.refresh()

  server.reply = () => servfail
  await discovery.refresh()
  await discovery.refresh()
  assert.deepEqual(heard.events, ['list', 'failed'])
  assert.match(heard.failures[0]?.message ?? '', /No AAAA? records of api\.test: the DNS server could not find out/)

  server.reply = v4only('10.0.0.9')
  clock.advance(2000)
  await until(() => heard.events.length === 4, 'the end of it')
  assert.deepEqual(heard.events, ['list', 'failed', 'list', 'recovered'])
  assert.deepEqual(heard.last, ['10.0.0.9'])
  await end()
})

test('a name that is gone, or has no records left, is a failure, never an empty list', async (t) => {
  for (const [reply, reason] of [
    [nxdomain, /does not exist \(NXDOMAIN\)/],
    [{}, /no such record \(NODATA\)/],
  ] as const) {
    const { server, discovery, heard, end } = await discovering(t, v4only('10.0.0.1'))
    await discovery.refresh()

    server.reply = () => reply
    await discovery.refresh()

    assert.deepEqual(heard.events, ['list', 'failed'])
    assert.match(heard.failures[0]?.message ?? '', reason)
    await end()
  }
})

test('a family that fails does no harm to the other, and what it said before holds until it says otherwise', async (t) => {
  const both = ({ type, name }: Asked): Reply => ({ answers: [a(name, type === 'A' ? '10.0.0.1' : '2001:db8::1')] })
  const { server, clock, discovery, heard, end } = await discovering(t, ({ type, name }) =>
    type === 'A' ? { answers: [a(name, '10.0.0.1', 300)] } : servfail,
  )
  await looked(clock)
  assert.deepEqual(heard.last, ['10.0.0.1'])

  server.reply = both
  // Something was missing: asked again after 30 s, long before the TTL.
  clock.advance(30_000)
  await until(() => heard.lists.length === 2, 'both')
  assert.deepEqual(heard.last, ['10.0.0.1', '2001:db8::1'])

  server.reply = (asked) => (asked.type === 'A' ? { answers: [a(asked.name, '10.0.0.2')] } : servfail)
  await discovery.refresh()
  assert.deepEqual(heard.last, ['10.0.0.2', '2001:db8::1'])

  server.reply = v4only('10.0.0.2')
  await discovery.refresh()
  assert.deepEqual(heard.last, ['10.0.0.2'])
  assert.deepEqual(heard.failures, [])
  await end()
})

test('the address that stands for none, with which resolvers block names, is not dialled', async (t) => {
  const { discovery, heard, end } = await discovering(t, ({ type, name }) => ({
    answers: [a(name, type === 'A' ? '0.0.0.0' : '::')],
  }))

  await discovery.refresh()

  assert.deepEqual(heard.events, ['failed'])
  await end()
})

test('what DNS does not know is looked up as the system does, for 30 s', async (t) => {
  const asked: string[] = []
  const lookup: Lookup = async (host, family) => {
    asked.push(`${host} ${family}`)
    return ['127.0.0.9']
  }
  const { clock, heard, end } = await discovering(t, () => nxdomain, { lookup, asSystem: true })
  await looked(clock)
  assert.deepEqual(heard.last, ['127.0.0.9'])

  clock.advance(29_999)
  assert.equal(clock.pending, 1)
  clock.advance(1)
  await until(() => asked.length === 2, 'a second lookup')

  assert.deepEqual(asked, ['api.test 0', 'api.test 0'])
  await looked(clock)
  await end()
})

test('the system is not asked where DNS servers were given, nor when they did not answer', async (t) => {
  for (const [reply, asSystem] of [
    [nxdomain, false],
    [servfail, true],
  ] as const) {
    let lookups = 0
    const lookup: Lookup = async () => {
      lookups++
      return ['127.0.0.9']
    }
    const { clock, heard, end } = await discovering(t, () => reply, { lookup, asSystem })

    await looked(clock)

    assert.deepEqual([heard.events, lookups], [['failed'], 0])
    await end()
  }
})

test('localhost is looked up, an address needs no lookup', async (t) => {
  const lookup: Lookup = async (host) => (host === 'localhost' ? ['127.0.0.1', '::1'] : [])
  for (const [url, addresses] of [
    ['http://localhost:3000', ['127.0.0.1', '::1']],
    ['https://10.1.2.3/base', ['10.1.2.3']],
    ['http://[::1]:8080', ['::1']],
  ] as const) {
    const { server, clock, heard, end } = await discovering(t, () => servfail, { lookup, options: { dns: url } })

    await looked(clock)

    assert.deepEqual(heard.lists, [addresses.map((address) => ({ url, address }))])
    assert.deepEqual(server.names, [])
    await end()
  }
})

test('a close while the server is silent ends the query, and nothing is heard', async (t) => {
  const { server, discovery, heard, end } = await discovering(t, () => undefined)
  await until(() => server.asked.length > 0, 'a question')
  const done = discovery.refresh()

  discovery.close()

  await done
  assert.deepEqual(heard.events, [])
  await end()
})

test('a hundred looks leave nothing open', async (t) => {
  const { discovery, end } = await discovering(t, v4only('10.0.0.1'))
  const open = (): number => process.getActiveResourcesInfo().length
  await discovery.refresh()
  const before = open()

  for (let i = 0; i < 100; i++) await discovery.refresh()

  assert.ok(open() <= before + 2, `${before} before, ${open()} after`)
  await end()
})

test('the real lookup of the system finds localhost', async () => {
  const clock = fakeClock()
  const discovery = createDiscovery(readDiscovery('discover', { dns: 'http://localhost:1', family: 4 }), {
    clock,
    random: () => 0,
  })
  const heard = listening()

  discovery.start(heard)
  await looked(clock)

  assert.deepEqual(heard.last, ['127.0.0.1'])
  discovery.close()
})
