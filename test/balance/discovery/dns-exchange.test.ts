import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { dnsExchange } from '../../../src/balance/discovery/dns-exchange.ts'
import { dnsQuery } from '../../../src/balance/discovery/dns-query.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'
import { type Asked, a, type DnsServer, dnsServer, nxdomain, type Reply, response, servfail } from './dns-server.ts'

const truncated = 0x200
const good = ({ name }: Asked): Reply => ({ answers: [a(name, '10.0.0.1')] })
const bad = (asked: Asked, of: Partial<Asked>): Buffer =>
  response({ ...asked, ...of }, { answers: [a(asked.name, '10.6.6.6')] })

function ask(server: DnsServer, clock = fakeClock(), signal = new AbortController().signal) {
  const at = { address: '127.0.0.1', port: server.port }
  return dnsExchange({ name: 'api.test', type: 'A', server: at, clock, timeout: 2000, signal })
}

const dataOf = (packet: Awaited<ReturnType<typeof dnsExchange>>): unknown[] =>
  (packet.answers ?? []).map((answer) => ('data' in answer ? answer.data : undefined))

test('an answer that was cut short is asked for over TCP', async (t) => {
  const server = await dnsServer(t, (asked) => (asked.over === 'udp' ? { flags: truncated } : good(asked)))
  const clock = fakeClock()

  const packet = await ask(server, clock)

  assert.deepEqual(dataOf(packet), ['10.0.0.1'])
  assert.deepEqual(
    server.asked.map(({ over }) => over),
    ['udp', 'tcp'],
  )
  assert.equal(clock.pending, 0)
  await server.close()
})

test('RFC 5452: datagrams with another id, another question, or that are none, are ignored', async (t) => {
  const server = await dnsServer(t, (asked) => {
    asked.send(bad(asked, { id: asked.id ^ 1 }))
    asked.send(bad(asked, { name: 'api.evil' }))
    asked.send(bad(asked, { type: 'AAAA' }))
    const query = response(asked, {})
    query.writeUInt16BE(0, 2)
    asked.send(query)
    asked.send(Buffer.alloc(0))
    asked.send(Buffer.from([asked.id >> 8, asked.id & 255, 0x80]))
    const loop = response(asked, {})
    loop.writeUInt16BE(65_535, 6)
    asked.send(loop)
    asked.send(Buffer.concat([response(asked, {}).subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])]))
    return good(asked)
  })

  assert.deepEqual(dataOf(await ask(server)), ['10.0.0.1'])
  assert.equal(server.asked.length, 1)
  await server.close()
})

test('RFC 5452: an answer from another place than the server asked is ignored', async (t) => {
  const forger = dgram.createSocket('udp4')
  forger.bind(0, '127.0.0.1')
  await once(forger, 'listening')
  const server = await dnsServer(t, () => undefined)
  const packet = ask(server)
  await until(() => server.asked.length === 1, 'the question')
  const [asked] = server.asked as [Asked]

  await new Promise((resolve) => forger.send(bad(asked, {}), asked.port, '127.0.0.1', resolve))
  asked.send(response(asked, { answers: [a('api.test', '10.0.0.1')] }))

  assert.deepEqual(dataOf(await packet), ['10.0.0.1'])
  forger.close()
  await server.close()
})

test('after sixteen wrong answers it is asked over TCP, where nobody can guess', async (t) => {
  const server = await dnsServer(t, (asked) => {
    if (asked.over === 'tcp') return good(asked)
    for (let i = 1; i <= 16; i++) asked.send(bad(asked, { id: asked.id ^ i }))
    return undefined
  })

  assert.deepEqual(dataOf(await ask(server)), ['10.0.0.1'])
  await server.close()
})

test('each question has an id and a source port of its own', async (t) => {
  const server = await dnsServer(t, good)

  for (let i = 0; i < 20; i++) await ask(server)

  assert.ok(new Set(server.asked.map(({ id }) => id)).size >= 19)
  assert.ok(new Set(server.asked.map(({ port }) => port)).size >= 10)
  await server.close()
})

test('over TCP, what is no answer, an end before it, and silence are errors', async (t) => {
  const clock = fakeClock()
  for (const [tcp, code] of [
    [(asked: Asked) => asked.send(Buffer.alloc(40)), 'MALFORMED'],
    [(asked: Asked) => asked.send(bad(asked, { id: asked.id ^ 1 })), 'MALFORMED'],
    [(asked: Asked) => asked.send(Buffer.alloc(0)), 'MALFORMED'],
    [() => {}, 'TIMEOUT'],
  ] as [(asked: Asked) => void, string][]) {
    const server = await dnsServer(t, (asked) => {
      if (asked.over === 'udp') return { flags: truncated }
      tcp(asked)
      return undefined
    })

    const failed = assert.rejects(ask(server, clock), { code })
    await until(() => server.asked.length === 2, 'the question over TCP')
    if (code === 'TIMEOUT') clock.advance(2000)
    await failed

    assert.equal(clock.pending, 0)
    await server.close()
  }
})

test('an abort ends a question that is out', async (t) => {
  const server = await dnsServer(t, () => undefined)
  const clock = fakeClock()
  const abort = new AbortController()
  const failed = assert.rejects(ask(server, clock, abort.signal), { code: 'ABORTED' })
  await until(() => server.asked.length === 1, 'the question')

  abort.abort()

  await failed
  assert.equal(clock.pending, 0)
  await assert.rejects(ask(server, clock, abort.signal), { code: 'ABORTED' })
  assert.equal(clock.pending, 0)
  await server.close()
})

test('a server that is silent, fails, or is not there, gives way to the next one', async (t) => {
  const silent = await dnsServer(t, () => undefined)
  const failing = await dnsServer(t, () => servfail)
  const gone = await dnsServer(t, () => undefined)
  await gone.close()
  const knowing = await dnsServer(t, good)
  const clock = fakeClock()
  const servers = [silent, failing, gone, knowing].map(({ address }) => address)

  const answer = dnsQuery('api.test', 'A', { servers, clock }, new AbortController().signal)
  await until(() => silent.asked.length === 1, 'the first one asked')
  clock.advance(2000)

  assert.equal((await answer).records.length, 1)
  assert.deepEqual(
    [silent, failing, knowing].map(({ asked }) => asked.length),
    [1, 1, 1],
  )
  assert.equal(clock.pending, 0)
  for (const server of [silent, failing, knowing]) await server.close()
})

test('every server is asked twice before it is given up, but NXDOMAIN is an answer', async (t) => {
  const server = await dnsServer(t, () => servfail)
  const { signal } = new AbortController()
  const settings = { servers: [server.address], clock: fakeClock() }

  await assert.rejects(dnsQuery('api.test', 'A', settings, signal), { code: 'SERVFAIL' })
  assert.equal(server.asked.length, 2)
  server.reply = () => nxdomain
  await assert.rejects(dnsQuery('api.test', 'A', settings, signal), { code: 'NXDOMAIN' })

  assert.equal(server.asked.length, 3)
  await server.close()
})

test('aliases that go in a circle end', async (t) => {
  const server = await dnsServer(t, () => ({
    answers: [
      { type: 'CNAME', name: 'api.test', data: 'b.test' },
      { type: 'CNAME', name: 'b.test', data: 'api.test' },
    ],
  }))
  const settings = { servers: [server.address], clock: fakeClock() }

  await assert.rejects(dnsQuery('api.test', 'A', settings, new AbortController().signal), { code: 'NODATA' })
  await server.close()
})
