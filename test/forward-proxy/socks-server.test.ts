import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/contract/clock.ts'
import { type ErrorCode, ProxyError } from '../../src/contract/errors.ts'
import type { Refusal } from '../../src/contract/guard.ts'
import type { SocksRequest } from '../../src/forward-proxy/socks/reader.ts'
import { type SocksOutcome, type SocksServerOptions, socksServer } from '../../src/forward-proxy/socks/server.ts'
import { type SpliceSummary, splice } from '../../src/net/splice.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { until } from '../support/until.ts'

type Outcome = SocksOutcome<string>
type Answer = (reason: ProxyError | Refusal | null, upstream: Duplex | null) => void

interface Stage {
  readonly client: net.Socket
  /** Its other end, which the server has. */
  readonly socket: net.Socket
  /** All that the client has been sent. */
  heard(): Buffer
  readonly outcomes: Outcome[]
  readonly ends: SpliceSummary[]
  readonly asked: SocksRequest[]
  readonly cancelled: () => number
  readonly cancel: () => void
  answer(...args: Parameters<Answer>): void
}

/** A client of a SOCKS server whose ways out the test holds in its hands. */
async function stage(t: TestContext, options: Partial<SocksServerOptions<string>> = {}): Promise<Stage> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = net.connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true })
  const [socket] = (await once(server, 'connection')) as [net.Socket]
  server.close()
  t.after(() => {
    client.destroy()
    socket.destroy()
  })
  const chunks: Buffer[] = []
  client.on('data', (chunk: Buffer) => void chunks.push(chunk))
  client.on('error', () => {})

  const outcomes: Outcome[] = []
  const ends: SpliceSummary[] = []
  const asked: SocksRequest[] = []
  let answer: Answer = () => {}
  let cancelled = 0
  const cancel = socksServer<string>(
    socket,
    {
      clock: systemClock,
      handshakeTimeout: 5000,
      connect(request, _identity, callback) {
        asked.push(request)
        answer = callback
        return () => {
          cancelled++
        }
      },
      ...options,
    },
    (outcome) => {
      outcomes.push(outcome)
      if (outcome.reason !== null) return
      const limits = { clock: systemClock, idleTimeout: 0, maxLifetime: 0 }
      splice(socket, outcome.upstream, { ...limits, onEnd: (summary) => void ends.push(summary) })
    },
  )
  return {
    client,
    socket,
    heard: () => Buffer.concat(chunks),
    outcomes,
    ends,
    asked,
    cancelled: () => cancelled,
    cancel,
    answer: (...args) => answer(...args),
  }
}

/** A connected pair of sockets. */
async function pair(t: TestContext): Promise<[net.Socket, net.Socket]> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const near = net.connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true })
  const [far] = (await once(server, 'connection')) as [net.Socket]
  server.close()
  t.after(() => {
    near.destroy()
    far.destroy()
  })
  return [near, far]
}

const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port

const greeting = Buffer.from([5, 1, 0])
const request = Buffer.from([5, 1, 0, 1, 192, 0, 2, 7, 1, 0xbb])
const request4 = Buffer.from([4, 1, 1, 0xbb, 192, 0, 2, 7, 0x61, 0])
const login = Buffer.from('\x01\x04anna\x06secret', 'latin1')
const authenticate: NonNullable<SocksServerOptions<string>['authenticate']> = (user, password, callback) => {
  setImmediate(callback, user === 'anna' && password === 'secret' ? 'ANNA' : undefined)
}

test('all of a handshake and the first bytes of the tunnel in one chunk: those go on after the yes, not before', async (t) => {
  const { client, outcomes, asked, answer, heard } = await stage(t)
  const [upstream, origin] = await pair(t)
  let arrived = ''
  origin.setEncoding('latin1').on('data', (text) => (arrived += text))

  client.write(Buffer.concat([greeting, request, Buffer.from('early')]))
  await until(() => asked.length === 1, 'the connect')
  await until(() => heard().length === 2, 'the method')
  assert.deepEqual(asked[0], { version: 5, host: '192.0.2.7', port: 443, userId: '' })
  assert.equal(arrived, '')
  answer(null, upstream)
  await until(() => arrived === 'early', 'the early bytes')
  client.write(' late')
  await until(() => arrived === 'early late', 'the later bytes')
  origin.write('back')
  await until(() => heard().length === 16, 'what the origin says')

  assert.deepEqual(heard(), Buffer.concat([Buffer.from([5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.from('back')]))
  assert.equal(outcomes[0]?.reason, null)
})

test('byte by byte, with a password', async (t) => {
  const { client, outcomes, asked, answer, heard } = await stage(t, { authenticate })
  const [upstream, origin] = await pair(t)

  for (const byte of Buffer.concat([Buffer.from([5, 2, 0, 2]), login, request])) {
    client.write(Buffer.from([byte]))
    await new Promise(setImmediate)
  }
  await until(() => asked.length === 1, 'the connect')
  answer(null, upstream)
  await until(() => heard().length === 14, 'the answers')
  origin.end('bye')
  await until(() => heard().toString('latin1').endsWith('bye'), 'the farewell')

  assert.deepEqual([...heard().subarray(0, 6)], [5, 2, 1, 0, 5, 0])
  assert.equal(outcomes[0]?.identity, 'ANNA')
})

test('early bytes and the end of the client while the way is still being opened: both reach the target', async (t) => {
  const { client, asked, answer, outcomes, ends } = await stage(t)
  const [upstream, origin] = await pair(t)
  let arrived = ''
  origin.setEncoding('latin1').on('data', (text) => (arrived += text))
  const ended = once(origin, 'end')

  client.end(Buffer.concat([greeting, request, Buffer.from('all of it')]))
  await until(() => asked.length === 1, 'the connect')
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(outcomes.length, 0)
  answer(null, upstream)
  await ended
  origin.end('answer')
  await until(() => ends.length === 1, 'the end')

  assert.equal(arrived, 'all of it')
  assert.deepEqual(ends[0], { received: 9, sent: 6, reason: 'closed' })
})

test('a client that leaves while the way is being opened cancels it', async (t) => {
  for (const leave of ['end', 'resetAndDestroy'] as const) {
    const { client, asked, cancelled, outcomes, answer } = await stage(t)
    const [upstream] = await pair(t)
    client.write(Buffer.concat([greeting, request]))
    await until(() => asked.length === 1, 'the connect')

    client[leave]()
    await until(() => outcomes.length === 1, 'the outcome')
    answer(null, upstream)

    assert.equal(cancelled(), 1)
    assert.equal((outcomes[0]?.reason as ProxyError | undefined)?.code, 'SP_CLIENT_GONE')
    assert.equal(outcomes.length, 1)
    assert.ok(upstream.destroyed, 'a connection that comes too late is closed')
  }
})

test('a client on any stream, not a socket alone, is seen to leave', async () => {
  const [client, stream] = duplexPair()
  let cancelled = 0
  const outcome = new Promise<Outcome>((resolve) => {
    const connect = (): (() => void) => () => void cancelled++
    socksServer<string>(stream, { clock: systemClock, handshakeTimeout: 5000, connect }, resolve)
  })
  client.resume()

  client.write(Buffer.concat([greeting, request]))
  await new Promise((resolve) => setTimeout(resolve, 20))
  client.end()

  assert.equal(((await outcome).reason as ProxyError).code, 'SP_CLIENT_GONE')
  assert.equal(cancelled, 1)
})

test('a client that floods before its yes is held back', async (t) => {
  const { client, asked } = await stage(t)
  client.write(Buffer.concat([greeting, request]))
  await until(() => asked.length === 1, 'the connect')
  let written = 0
  const piece = Buffer.alloc(256 * 1024)

  while (written < 64 * piece.length && (await flushed(client, piece))) written += piece.length

  assert.ok(written < 64 * piece.length, `${written} bytes went in`)
})

/** False when the bytes are not taken within 200 ms. */
function flushed(socket: net.Socket, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 200)
    socket.write(bytes, () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}

test('a wrong password, none, and SOCKS4 where a password is wanted: no way out, and the socket is closed', async (t) => {
  const wrong = Buffer.from('\x01\x04anna\x05wrong', 'latin1')
  const cases: [Buffer, number[]][] = [
    [Buffer.concat([Buffer.from([5, 1, 2]), wrong]), [5, 2, 1, 1]],
    [greeting, [5, 0xff]],
    [Buffer.from([5, 0]), [5, 0xff]],
    [request4, [0, 0x5b, 0, 0, 0, 0, 0, 0]],
  ]
  for (const [said, answer] of cases) {
    const { client, heard, outcomes, asked } = await stage(t, { authenticate })

    client.write(said)
    await once(client, 'end')

    assert.deepEqual([...heard()], answer)
    assert.equal(asked.length, 0)
    assert.ok(outcomes[0]?.reason)
    assert.ok(!JSON.stringify(outcomes[0]).includes('wrong"'), 'no password in the outcome')
  }
})

test('a client that knows a password only is not let in where nobody checks it', async (t) => {
  const { client, heard } = await stage(t)

  client.write(Buffer.from([5, 1, 2]))
  await once(client, 'end')

  assert.deepEqual([...heard()], [5, 0xff])
})

test('the failure decides the reply', async (t) => {
  const unreachable = Object.assign(new Error(), { code: 'ENETUNREACH' })
  const coded = (code: ErrorCode, cause?: unknown): ProxyError => new ProxyError(code, 'secret detail', cause)
  const cases: [ProxyError | Refusal, number][] = [
    [coded('SP_DENIED'), 2],
    [{ code: 'BLOCKED', status: 403, text: 'Blocked.' }, 2],
    [{ code: 'OVERLOAD', status: 503, text: 'Later.' }, 1],
    [coded('SP_PARENT_DENIED'), 2],
    [coded('SP_CONNECT_FAILED', unreachable), 3],
    [coded('SP_CONNECT_FAILED'), 4],
    [coded('SP_DNS'), 4],
    [coded('SP_CONNECT_REFUSED'), 5],
    [coded('SP_CONNECT_TIMEOUT'), 6],
    [coded('SP_NO_UPSTREAM'), 1],
    [coded('SP_INTERNAL'), 1],
  ]
  for (const [reason, code] of cases) {
    const { client, heard, asked, answer, outcomes } = await stage(t)
    client.write(Buffer.concat([greeting, request, Buffer.from('early')]))
    await until(() => asked.length === 1, 'the connect')

    answer(reason, null)
    await once(client, 'end')

    assert.deepEqual([...heard().subarray(2)], [5, code, 0, 1, 0, 0, 0, 0, 0, 0])
    assert.equal(outcomes[0]?.reason, reason)
  }
})

test('a refusal that is to be dropped closes without a word', async (t) => {
  const { client, heard, asked, answer } = await stage(t)
  client.write(Buffer.concat([greeting, request]))
  await until(() => asked.length === 1, 'the connect')

  answer({ code: 'BLOCKED', status: 403, text: 'Blocked.', manner: 'drop' }, null)
  await once(client, 'end')

  assert.equal(heard().length, 2)
})

test('a client that dawdles is cut off when its time is up, not while the way is being opened', async (t) => {
  const clock = fakeClock()
  const slow = await stage(t, { clock, handshakeTimeout: 1000 })
  slow.client.write(greeting)
  await until(() => slow.heard().length === 2, 'the method')
  clock.advance(1000)
  await once(slow.client, 'end')
  assert.equal((slow.outcomes[0]?.reason as ProxyError | undefined)?.code, 'SP_REQUEST_TIMEOUT')

  const quick = await stage(t, { clock, handshakeTimeout: 1000 })
  quick.client.write(Buffer.concat([greeting, request]))
  await until(() => quick.asked.length === 1, 'the connect')
  clock.advance(5000)
  assert.equal(quick.outcomes.length, 0)
  assert.equal(clock.pending, 0, 'no timer is left')
})

test('what speaks no SOCKS is cut off without a word', async (t) => {
  const { client, heard, outcomes } = await stage(t)

  client.write('GET / HTTP/1.1\r\n\r\n')
  await once(client, 'end')

  assert.equal(heard().length, 0)
  assert.equal((outcomes[0]?.reason as ProxyError | undefined)?.code, 'SP_BAD_REQUEST')
})

test('a client that takes its refusal and stays is closed after a second', async (t) => {
  const clock = fakeClock()
  const { client, socket } = await stage(t, { clock, authenticate })
  client.write(greeting)
  await once(client, 'end')
  assert.ok(!socket.destroyed)

  clock.advance(1000)
  await until(() => clock.pending === 0 && socket.destroyed, 'the socket to be gone')
})

test('cancelled from outside: the client is closed, the way cancelled, nobody called', async (t) => {
  const { client, asked, cancel, cancelled, outcomes } = await stage(t)
  client.write(Buffer.concat([greeting, request]))
  await until(() => asked.length === 1, 'the connect')

  cancel()
  await once(client, 'end')

  assert.equal(cancelled(), 1)
  assert.equal(outcomes.length, 0)
})
