import assert from 'node:assert/strict'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Answer } from 'dns-packet'
import { systemClock } from '../../../src/contract/clock.ts'
import type { ErrorCode, ProxyError } from '../../../src/contract/errors.ts'
import { createDialler } from '../../../src/forward-proxy/dial/dialler.ts'
import { resolverFrom } from '../../../src/forward-proxy/dial/dns-options.ts'
import { createAddressGuard } from '../../../src/forward-proxy/guard/address-guard.ts'
import { a, type DnsServer, dnsServer } from '../../balance/discovery/dns-server.ts'
import { until } from '../../support/until.ts'
import { counter } from './dial-bed.ts'

/** Stands for a server on the Internet: what is dialled there goes to a listener of the test. */
const publicAddress = '203.0.114.10'

interface Rebinding {
  readonly dns: DnsServer
  /** A service on loopback. */
  readonly inside: { readonly count: number }
  readonly outside: { readonly count: number }
  /** Every address that was dialled. */
  readonly dialled: readonly string[]
  /** Comes to the socket's peer as it was asked for, or to the code. */
  dial(host?: string): Promise<string>
}

/** Real DNS over UDP, kept for no time at all. `answers` says what each question for A or AAAA records gets. */
async function rebinding(t: TestContext, answers: (turn: number, type: string) => Answer[]): Promise<Rebinding> {
  const turns = new Map<string, number>()
  const dns = await dnsServer(t, ({ type, name }) => {
    const turn = turns.get(`${type} ${name}`) ?? 0
    turns.set(`${type} ${name}`, turn + 1)
    return { answers: answers(turn, type).filter((answer) => answer.type === type || answer.type === 'CNAME') }
  })
  const inside = await counter(t)
  const insideV6 = await counter(t, '::1', inside.port).catch(() => ({ count: 0 }))
  const outside = await counter(t)
  const dialled: string[] = []
  const resolver = resolverFrom(systemClock, { servers: [dns.address], minTtl: false, negativeTtl: false })
  t.after(() => resolver.close())
  const dialler = createDialler({
    clock: systemClock,
    resolver,
    guard: createAddressGuard(),
    connect(options) {
      const host = String(options.host)
      assert.notEqual(net.isIP(host), 0, 'a name would be looked up a second time')
      dialled.push(host)
      return net.connect(host === publicAddress ? { ...options, host: '127.0.0.1', port: outside.port } : options)
    },
  })

  return {
    dns,
    outside,
    dialled,
    inside: {
      get count() {
        return inside.count + insideV6.count
      },
    },
    dial(host = 'rebind.test') {
      return new Promise((resolve) => {
        dialler.dial({ host, port: inside.port }, (error: ProxyError | null, socket) => {
          const code: ErrorCode | undefined = error?.code
          if (socket === null) return resolve(String(code))
          socket.on('error', () => {}).destroy()
          resolve(dialled.at(-1) as string)
        })
      })
    },
  }
}

test('a name that turns from public to loopback, TTL 0, is never dialled at loopback', async (t) => {
  const { dial, dns, inside, outside, dialled } = await rebinding(t, (turn, type) =>
    type === 'A' ? [a('rebind.test', turn === 0 ? publicAddress : '127.0.0.1', 0)] : [],
  )

  assert.equal(await dial(), publicAddress)
  assert.deepEqual([...dns.names].sort(), ['A rebind.test', 'AAAA rebind.test'])
  for (let i = 0; i < 20; i++) assert.equal(await dial(), 'SP_DENIED')

  await until(() => outside.count === 1, 'the one connection to the public address')
  assert.equal(inside.count, 0)
  assert.deepEqual([...new Set(dialled)], [publicAddress])
  assert.ok(dns.names.length >= 42, 'each dial asked anew')
})

test('a name that turns with each question is dialled by what was checked, and by nothing else', async (t) => {
  const { dial, inside, dialled } = await rebinding(t, (turn, type) =>
    type === 'A' ? [a('rebind.test', turn % 2 === 0 ? publicAddress : '127.0.0.1', 0)] : [a('rebind.test', '::1', 0)],
  )

  for (let i = 0; i < 30; i++) assert.equal(await dial(), i % 2 === 0 ? publicAddress : 'SP_DENIED')

  assert.equal(inside.count, 0)
  assert.deepEqual([...new Set(dialled)], [publicAddress])
})

test('of an answer with public and private addresses, the public ones alone are dialled', async (t) => {
  const mixed = [
    ...['127.0.0.1', '10.0.0.1', publicAddress, '169.254.169.254', '0.0.0.0', '100.64.0.1'],
    ...['::1', '::', '::ffff:127.0.0.1', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', 'fd00:ec2::254', 'fe80::1'],
  ]
  const { dial, inside, dialled } = await rebinding(t, () => mixed.map((address) => a('rebind.test', address, 0)))

  for (let i = 0; i < 10; i++) assert.equal(await dial(), publicAddress)

  assert.equal(inside.count, 0)
  assert.deepEqual([...new Set(dialled)], [publicAddress])
})

test('private addresses by way of an alias are refused too', async (t) => {
  const { dial, inside, dialled } = await rebinding(t, () => [
    { type: 'CNAME', name: 'rebind.test', ttl: 0, data: 'inside.test' },
    a('inside.test', '127.0.0.1', 0),
    a('inside.test', '::1', 0),
  ])

  assert.equal(await dial(), 'SP_DENIED')
  assert.equal(inside.count, 0)
  assert.deepEqual(dialled, [])
})

test('dials of one name at the same time share one question, and each has its addresses checked', async (t) => {
  const { dial, dns, inside } = await rebinding(t, (_, type) =>
    type === 'A' ? [a('rebind.test', '127.0.0.1', 0), a('rebind.test', publicAddress, 0)] : [],
  )

  const ends = await Promise.all(Array.from({ length: 50 }, () => dial()))

  assert.deepEqual([...new Set(ends)], [publicAddress])
  assert.equal(dns.names.length, 2)
  assert.equal(inside.count, 0)
})

test('a name that does not exist is SP_DNS; a server that is silent for one family holds up nothing', async (t) => {
  const bed = await rebinding(t, () => [])
  assert.equal(await bed.dial('nowhere.test'), 'SP_DNS')

  bed.dns.reply = ({ type, name }) => (type === 'A' ? { answers: [a(name, publicAddress, 0)] } : undefined)
  const begin = performance.now()
  assert.equal(await bed.dial(), publicAddress)
  assert.ok(performance.now() - begin < 1000)
})
