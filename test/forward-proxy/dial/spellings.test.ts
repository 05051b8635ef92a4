import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../../src/contract/clock.ts'
import type { ProxyError } from '../../../src/contract/errors.ts'
import { createDialler } from '../../../src/forward-proxy/dial/dialler.ts'
import type { NameSource } from '../../../src/forward-proxy/dial/name-source.ts'
import { createResolver } from '../../../src/forward-proxy/dial/resolver.ts'
import { createAddressGuard } from '../../../src/forward-proxy/guard/address-guard.ts'
import { readAbsoluteTarget, readConnectTarget } from '../../../src/forward-proxy/target/read-target.ts'
import { RequestFault } from '../../../src/http/target.ts'
import { seededRandom } from '../../support/random.ts'
import { until } from '../../support/until.ts'
import { counter } from './dial-bed.ts'
import { hostile, randomSpelling } from './spelling.ts'

const hosts = 100_000

/** Whatever leads to this machine or hands out credentials, told by Node and by none of our own code. */
const forbidden = new net.BlockList()
for (const [address, prefix] of [
  ['127.0.0.0', 8],
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.168.0.0', 16],
] as const) {
  forbidden.addSubnet(address, prefix, 'ipv4')
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number]
  const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  for (const before of ['::', '64:ff9b::', '64:ff9b:1::', '::ffff:0:']) {
    forbidden.addSubnet(`${before}${hex}`, 96 + prefix, 'ipv6')
  }
  forbidden.addSubnet(`2002:${hex}::`, 16 + prefix, 'ipv6')
}
for (const [address, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['2001::', 32],
] as const) {
  forbidden.addSubnet(address, prefix, 'ipv6')
}

interface Seen {
  readonly dialled: Set<string>
  /** Sockets that the process opened in all. */
  sockets: number
}

/** All of it as the proxy has it, with names answered by a resolver that leads inside wherever it can. */
function forwardTo(t: TestContext, next: () => number) {
  const seen: Seen = { dialled: new Set(), sockets: 0 }
  const source: NameSource = {
    ask(host, finder) {
      finder.found(hostile(host, next), 0)
      finder.end(null, 0)
      return () => {}
    },
    async close() {},
  }
  const count = (): void => {
    seen.sockets++
  }
  channel('net.client.socket').subscribe(count)
  t.after(() => channel('net.client.socket').unsubscribe(count))
  const resolver = createResolver({
    clock: systemClock,
    source,
    settings: { timeout: 5000, minTtl: 0, maxTtl: 1000, negativeTtl: 0 },
  })
  const dialler = createDialler({
    clock: systemClock,
    resolver,
    guard: createAddressGuard(),
    connect(options) {
      const host = String(options.host)
      seen.dialled.add(host)
      const family = net.isIP(host)
      assert.notEqual(family, 0, `${host} would be looked up a second time`)
      if (forbidden.check(host, family === 6 ? 'ipv6' : 'ipv4')) return net.connect(options)
      // Nothing of a test goes to the Internet.
      const socket = new net.Socket()
      process.nextTick(() => socket.destroy(Object.assign(new Error('far away'), { code: 'ECONNREFUSED' })))
      return socket
    },
  })
  return { seen, dialler }
}

test(`of ${hosts} hosts in odd spellings none reaches loopback, by CONNECT or absolute-form`, async (t) => {
  const next = seededRandom(0x5a11)
  const inside = await counter(t)
  const { seen, dialler } = forwardTo(t, next)
  const codes = new Map<string, number>()
  let open = 0
  const ended = (code: string): void => {
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }

  for (let i = 0; i < hosts; i++) {
    const spelling = randomSpelling(next)
    const target =
      i % 2 === 0
        ? readConnectTarget(`${spelling}:${inside.port}`)
        : readAbsoluteTarget(`http://${spelling}:${inside.port}/admin`, 'GET')
    if (target instanceof RequestFault) {
      ended(target.code)
      continue
    }
    open++
    dialler.dial(target, (error: ProxyError | null, socket) => {
      open--
      ended(error?.code ?? 'connected')
      socket?.destroy()
    })
    if (i % 500 === 0) await new Promise(setImmediate)
  }
  await until(
    () => open === 0,
    () => `${open} dials to end`,
    20_000,
  )

  t.diagnostic([...codes].map(([code, times]) => `${code} ${times}`).join(', '))
  assert.equal(codes.get('connected'), undefined)
  assert.equal(inside.count, 0)
  assert.equal(seen.sockets, 0, 'the process opened a socket')
  for (const address of seen.dialled) {
    assert.equal(forbidden.check(address, net.isIPv6(address) ? 'ipv6' : 'ipv4'), false, address)
  }
  // The test sees something only if all ways are gone, and often.
  for (const code of ['SP_BAD_TARGET', 'SP_DENIED', 'SP_CONNECT_REFUSED']) {
    assert.ok((codes.get(code) ?? 0) > hosts / 50, `${code}: ${codes.get(code)}`)
  }
  assert.ok(seen.dialled.size > 100, `${seen.dialled.size} addresses were dialled`)
})

test('the same bed reaches loopback where it is allowed: it would see it', async (t) => {
  const inside = await counter(t)
  const { seen } = forwardTo(t, seededRandom(1))
  const dialler = createDialler({
    clock: systemClock,
    resolver: { resolve: () => () => {}, async close() {} },
    guard: createAddressGuard({ allowPrivate: true }),
  })
  const target = readConnectTarget(`0x7f.1:${inside.port}`)
  assert.ok(!(target instanceof RequestFault))

  dialler.dial(target, (error, socket) => {
    assert.equal(error, null)
    socket?.on('error', () => {}).destroy()
  })

  await until(() => inside.count === 1, 'the connection')
  assert.equal(seen.sockets, 1)
})
