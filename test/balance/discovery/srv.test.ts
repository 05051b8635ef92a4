import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { SrvDiscoverOptions } from '../../../src/balance/discovery/discover-options.ts'
import { createDiscovery, readDiscovery } from '../../../src/balance/discovery/discovery.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'
import { type Asked, a, dnsServer, nxdomain, type Reply, servfail, srv } from './dns-server.ts'
import { listening } from './listening.ts'

const service = '_http._tcp.api.test'

async function discovering(t: TestContext, reply: (asked: Asked) => Reply, options: Partial<SrvDiscoverOptions> = {}) {
  const server = await dnsServer(t, reply)
  const clock = fakeClock()
  const given = { srv: service, servers: [server.address], family: 4 as const, ...options }
  const discovery = createDiscovery(readDiscovery('discover', given), { clock, random: () => 0 })
  const heard = listening()
  const end = async (): Promise<void> => {
    discovery.close()
    assert.equal(clock.pending, 0)
    await server.close()
  }
  t.after(() => discovery.close())
  discovery.start(heard)
  await until(() => heard.events.length > 0, 'an answer')
  return { server, clock, discovery, heard, end }
}

test('each target is an upstream; priorities become 0, 1, 2; weights are kept; addresses that came along are not asked for', async (t) => {
  const { server, heard, end } = await discovering(t, ({ name }) => ({
    answers: [srv(name, 'c.test', 9000, 30, 5), srv(name, 'a.test', 8001, 10, 60), srv(name, 'b.test', 8002, 10, 40)],
    additionals: [
      a('a.test', '10.0.0.1'),
      a('B.TEST', '10.0.0.2'),
      a('c.test', '10.0.0.3'),
      a('evil.test', '10.6.6.6'),
    ],
  }))

  assert.deepEqual(heard.lists, [
    [
      { url: 'http://a.test:8001', address: '10.0.0.1', priority: 0, weight: 60 },
      { url: 'http://b.test:8002', address: '10.0.0.2', priority: 0, weight: 40 },
      { url: 'http://c.test:9000', address: '10.0.0.3', priority: 1, weight: 5 },
    ],
  ])
  assert.deepEqual(server.names, [`SRV ${service}`])
  await end()
})

test('addresses that did not come along are asked for, once for each target and family', async (t) => {
  const reply = ({ type, name }: Asked): Reply => {
    if (type === 'SRV') return { answers: [srv(name, 'a.test', 1, 0, 4), srv(name, 'a.test', 2, 0, 4)] }
    return {
      answers: type === 'A' ? [a(name, '10.0.0.1'), a(name, '10.0.0.2')] : [a(name, '2001:db8::1'), a(name, '::')],
    }
  }
  const { server, heard, end } = await discovering(t, reply, { family: 'both' })

  assert.deepEqual([...server.names].sort(), ['A a.test', 'AAAA a.test', `SRV ${service}`])
  assert.deepEqual(heard.last, ['10.0.0.1', '10.0.0.2', '2001:db8::1', '10.0.0.1', '10.0.0.2', '2001:db8::1'])
  // The weight is the target's: its addresses share it.
  assert.deepEqual(
    heard.lists[0]?.map(({ weight }) => weight),
    Array(6).fill(4 / 3),
  )
  await end()
})

test('the scheme follows the service name, unless it is given', async (t) => {
  const reply = ({ name }: Asked): Reply => ({
    answers: [srv(name, 'a.test', 443)],
    additionals: [a('a.test', '10.0.0.1')],
  })
  for (const [options, url] of [
    [{ srv: '_https._tcp.api.test' }, 'https://a.test:443'],
    [{ srv: '_web._tcp.api.test.' }, 'http://a.test:443'],
    [{ srv: '_web._tcp.api.test', scheme: 'https' }, 'https://a.test:443'],
  ] as const) {
    const { heard, end } = await discovering(t, reply, options)

    assert.equal(heard.lists[0]?.[0]?.url, url)
    await end()
  }
})

test('targets of weight 0 share as much as one of weight 1; where all have 0 they are equal', async (t) => {
  for (const [given, expected] of [
    [
      [0, 0],
      [1, 1],
    ],
    [
      [0, 10],
      [1, 10],
    ],
    [
      [0, 0, 6],
      [0.5, 0.5, 6],
    ],
  ] as const) {
    const { heard, end } = await discovering(t, ({ name }) => ({
      answers: given.map((weight, i) => srv(name, `h${i}.test`, 80, 0, weight)),
      additionals: given.map((_, i) => a(`h${i}.test`, `10.0.0.${i + 1}`)),
    }))

    assert.deepEqual(
      heard.lists[0]?.map(({ weight }) => weight),
      expected,
    )
    await end()
  }
})

test('it is asked again when the shortest TTL of records, aliases and addresses is over', async (t) => {
  const target = (name: string, ttl: number): Reply => ({ answers: [srv(name, 'a.test', 80, 0, 0, ttl)] })
  for (const [reply, expected] of [
    [({ name }) => ({ ...target(name, 40), additionals: [a('a.test', '10.0.0.1', 90)] }), 40_000],
    [({ name }) => ({ ...target(name, 90), additionals: [a('a.test', '10.0.0.1', 50)] }), 50_000],
    [({ type, name }) => (type === 'SRV' ? target(name, 90) : { answers: [a(name, '10.0.0.1', 7)] }), 7000],
    [
      ({ type, name }) =>
        type === 'A'
          ? { answers: [a(name, '10.0.0.1', 90)] }
          : {
              answers: [
                { type: 'CNAME', name, ttl: 12, data: 'real.test' },
                srv('other.test', 'evil.test', 80),
                srv('REAL.test', 'a.test', 80, 0, 0, 90),
              ],
            },
      12_000,
    ],
  ] as [(asked: Asked) => Reply, number][]) {
    const { server, clock, heard, end } = await discovering(t, reply)
    assert.deepEqual(heard.last, ['10.0.0.1'])
    const before = server.asked.length
    await until(() => clock.pending === 1, 'the timer')

    clock.advance(expected - 1)
    assert.equal(clock.pending, 1)
    clock.advance(1)

    await until(() => server.asked.length > before, `asked again after ${expected} ms`)
    await end()
  }
})

test('through SERVFAIL, NXDOMAIN and an empty answer the last list holds; then it comes back', async (t) => {
  const good =
    (port: number) =>
    ({ name }: Asked): Reply => ({
      answers: [srv(name, 'a.test', port)],
      additionals: [a('a.test', '10.0.0.1')],
    })
  for (const [bad, reason] of [
    [servfail, /could not find out \(SERVFAIL\)/],
    [nxdomain, /does not exist/],
    [{}, /no such record/],
    [{ rcode: 5 }, /REFUSED/],
    [{ rcode: 9 }, /response code 9/],
  ] as [Reply, RegExp][]) {
    const { server, discovery, heard, end } = await discovering(t, good(80))

    server.reply = () => bad
    await discovery.refresh()
    await discovery.refresh()
    assert.deepEqual(heard.events, ['list', 'failed'])
    assert.match(heard.failures[0]?.message ?? '', reason)
    server.reply = good(81)
    await discovery.refresh()

    assert.deepEqual(heard.events, ['list', 'failed', 'list', 'recovered'])
    assert.equal(heard.lists[1]?.[0]?.url, 'http://a.test:81')
    await end()
  }
})

test('a target whose addresses cannot be found out keeps its last ones; one that is gone leaves; others are untouched', async (t) => {
  const reply =
    (ofB: Reply) =>
    ({ type, name }: Asked): Reply => {
      if (type === 'SRV') return { answers: [srv(name, 'a.test', 80), srv(name, 'b.test', 80)] }
      return name === 'a.test' ? { answers: [a(name, '10.0.0.1')] } : ofB
    }
  const { server, discovery, heard, end } = await discovering(t, reply({ answers: [a('b.test', '10.0.0.2')] }))
  assert.deepEqual(heard.last, ['10.0.0.1', '10.0.0.2'])

  server.reply = reply(servfail)
  await discovery.refresh()
  assert.equal(heard.lists.length, 1)

  server.reply = reply(nxdomain)
  await discovery.refresh()
  assert.deepEqual(heard.last, ['10.0.0.1'])
  assert.deepEqual(heard.failures, [])
  await end()
})

test('a target that was never found is left out and asked for again within 30 s', async (t) => {
  const { server, clock, heard, end } = await discovering(t, ({ type, name }) => {
    if (type === 'SRV') return { answers: [srv(name, 'a.test', 80, 0, 0, 300), srv(name, 'b.test', 80, 0, 0, 300)] }
    return name === 'a.test' ? { answers: [a(name, '10.0.0.1', 300)] } : servfail
  })
  assert.deepEqual(heard.last, ['10.0.0.1'])
  await until(() => clock.pending === 1, 'the timer')
  const before = server.asked.length

  clock.advance(30_000)

  await until(() => server.asked.length > before, 'asked again')
  await end()
})

test('when no target can be found it is a failure', async (t) => {
  const { heard, end } = await discovering(t, ({ type, name }) =>
    type === 'SRV' ? { answers: [srv(name, 'a.test', 80)] } : servfail,
  )

  assert.deepEqual(heard.events, ['failed'])
  assert.match(heard.failures[0]?.message ?? '', /No A records of a\.test/)
  await end()
})

test('RFC 2782: a target of "." says that the service is not offered, which is a failure', async (t) => {
  const { heard, end } = await discovering(t, ({ name }) => ({ answers: [srv(name, '.', 0)] }))

  assert.match(heard.failures[0]?.message ?? '', /not offered/)
  await end()
})

test('a target that is no host name never becomes a URL', async (t) => {
  const evil = ['a.test/x', 'me@a.test', 'a.test#', 'a b.test', '10.0.0.5', '0x7f', '123', 'ä.test', 'x'.repeat(63)]
  const { heard, end } = await discovering(t, ({ type, name }) =>
    type === 'SRV'
      ? { answers: [...evil.map((target) => srv(name, target, 80)), srv(name, 'no-port.test', 0)] }
      : { answers: [a(name, '10.0.0.1')] },
  )

  assert.deepEqual(heard.lists[0]?.map(({ url }) => url) ?? heard.failures, [`http://${'x'.repeat(63)}:80`])
  await end()
})

test('two hundred targets are asked for without a warning, sixteen at a time', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  const targets = Array.from({ length: 200 }, (_, i) => `h${i}.test`)
  const { server, heard, end } = await discovering(t, ({ type, name, over }) => {
    if (type !== 'SRV') return { answers: [a(name, `10.0.1.${name.slice(1, -5)}`)] }
    return over === 'udp' ? { flags: 0x200 } : { answers: targets.map((target) => srv(name, target, 80)) }
  })

  assert.equal(heard.last.length, 200)
  assert.equal(server.asked.length, 202)
  await end()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', onWarning)
  assert.deepEqual(warnings, [])
})
