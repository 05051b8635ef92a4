import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SocksMessage, SocksReader } from '../../src/forward-proxy/socks/reader.ts'

/** What a reader makes of bytes that come in these pieces: its messages, and what it left for the tunnel. */
function readAll(pieces: readonly Buffer[]): { messages: SocksMessage[]; rest: string } {
  const reader = new SocksReader()
  const messages: SocksMessage[] = []
  const rest: Buffer[] = []
  let over = false
  for (const piece of pieces) {
    let at = 0
    while (!over && at < piece.length) {
      at = reader.take(piece, at)
      const message = reader.message
      if (message === undefined) break
      messages.push(message)
      over = message.kind === 'request' || message.kind === 'fault'
      if (message.kind === 'greeting') reader.expect(message.password ? 'password' : 'request')
      if (message.kind === 'password') reader.expect('request')
    }
    if (over) rest.push(piece.subarray(at))
  }
  return { messages, rest: Buffer.concat(rest).toString('latin1') }
}

const bytes = (...parts: (number | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))))

const greeting = bytes(5, 1, 0)
const v4 = bytes(1, 192, 0, 2, 7)
const v6 = bytes(4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
const name = bytes(3, 11, 'example.com')
const port = bytes(1, 0xbb)
const request5 = (...address: Buffer[]): Buffer => Buffer.concat([greeting, bytes(5, 1, 0), ...address])
const request4 = (...rest: (number | string)[]): Buffer => bytes(4, 1, 1, 0xbb, ...rest)

const whole: [string, Buffer, object][] = [
  ['IPv4 in SOCKS5', request5(v4, port), { version: 5, host: '192.0.2.7', port: 443, userId: '' }],
  ['IPv6 in SOCKS5', request5(v6, port), { version: 5, host: '[2001:db8::1]', port: 443, userId: '' }],
  ['a name in SOCKS5', request5(name, port), { version: 5, host: 'example.com', port: 443, userId: '' }],
  [
    'a name of 255 bytes in SOCKS5',
    request5(bytes(3, 255, 'x'.repeat(255)), port),
    { version: 5, host: 'x'.repeat(255), port: 443, userId: '' },
  ],
  [
    'a name that is no ASCII',
    request5(bytes(3, 7, 'bücher'), port),
    { version: 5, host: 'bücher', port: 443, userId: '' },
  ],
  [
    'a name after a password',
    Buffer.concat([bytes(5, 3, 0, 1, 2), bytes(1, 4, 'anna', 6, 'secret'), bytes(5, 1, 0), name, port]),
    { version: 5, host: 'example.com', port: 443, userId: '' },
  ],
  ['SOCKS4', request4(192, 0, 2, 7, 'anna', 0), { version: 4, host: '192.0.2.7', port: 443, userId: 'anna' }],
  ['SOCKS4 without a user', request4(192, 0, 2, 7, 0), { version: 4, host: '192.0.2.7', port: 443, userId: '' }],
  ['SOCKS4a', request4(0, 0, 0, 1, 'anna', 0, 'a.test', 0), { version: 4, host: 'a.test', port: 443, userId: 'anna' }],
  [
    'the longest SOCKS4a',
    request4(0, 0, 0, 255, 'u'.repeat(255), 0, 'h'.repeat(255), 0),
    { version: 4, host: 'h'.repeat(255), port: 443, userId: 'u'.repeat(255) },
  ],
]

for (const [title, message, request] of whole) {
  test(`${title}: read the same at every cut, and what follows is left for the tunnel`, () => {
    const all = Buffer.concat([message, Buffer.from('GET / early')])

    const atOnce = readAll([all])
    assert.deepEqual(atOnce.messages.at(-1), { kind: 'request', request })
    assert.equal(atOnce.rest, 'GET / early')

    assert.deepEqual(readAll([...all].map((byte) => Buffer.from([byte]))), atOnce)
    for (let cut = 1; cut < all.length; cut++) {
      assert.deepEqual(readAll([all.subarray(0, cut), all.subarray(cut)]), atOnce, `cut at ${cut}`)
    }
  })
}

test('user and password are read as UTF-8, and may be empty', () => {
  const said = (user: string, password: string): SocksMessage | undefined => {
    const [name, secret] = [Buffer.from(user), Buffer.from(password)]
    const message = Buffer.concat([bytes(1, name.length), name, bytes(secret.length), secret])
    return readAll([bytes(5, 1, 2), message]).messages[1]
  }

  assert.deepEqual(said('änne', 'p:ß'), { kind: 'password', user: 'änne', password: 'p:ß' })
  assert.deepEqual(said('', ''), { kind: 'password', user: '', password: '' })
  const longest = 'x'.repeat(255)
  assert.deepEqual(said(longest, longest), { kind: 'password', user: longest, password: longest })
})

const faults: [string, Buffer, number[]][] = [
  ['what is no SOCKS', bytes('GET / HTTP/1.1\r\n'), []],
  ['BIND', Buffer.concat([greeting, bytes(5, 2, 0), v4, port]), [5, 7]],
  ['UDP ASSOCIATE', Buffer.concat([greeting, bytes(5, 3, 0), v4, port]), [5, 7]],
  ['an unknown address type', Buffer.concat([greeting, bytes(5, 1, 0, 2, 1, 1)]), [5, 8]],
  ['a reserved byte that is set', Buffer.concat([greeting, bytes(5, 1, 1), v4, port]), [5, 1]],
  ['a request of another version', Buffer.concat([greeting, bytes(4, 1, 0), v4, port]), [5, 1]],
  ['an empty name', request5(bytes(3, 0), port), [5, 1]],
  ['a name with NUL', request5(bytes(3, 5, 'a\0b.c'), port), [5, 1]],
  ['a name with a space', request5(bytes(3, 3, 'a b'), port), [5, 1]],
  ['a name with CR LF', request5(bytes(3, 4, 'a\r\nb'), port), [5, 1]],
  ['a name that is no UTF-8', request5(bytes(3, 2, 0x61), Buffer.from([0xff]), port), [5, 1]],
  ['port 0', request5(v4, bytes(0, 0)), [5, 1]],
  ['a password that is no UTF-8', Buffer.concat([bytes(5, 1, 2), Buffer.from([1, 1, 0xff, 1, 0x61])]), [1, 1]],
  ['a password message of another version', bytes(5, 1, 2, 5, 1, 'a', 1, 'b'), [1, 1]],
  ['SOCKS4 BIND', bytes(4, 2, 1, 0xbb, 192, 0, 2, 7, 0), [0, 0x5b]],
  ['SOCKS4 with port 0', bytes(4, 1, 0, 0, 192, 0, 2, 7, 0), [0, 0x5b]],
  ['SOCKS4a with an empty name', request4(0, 0, 0, 1, 0, 0), [0, 0x5b]],
  ['a SOCKS4 user without end', request4(192, 0, 2, 7, 'u'.repeat(256)), [0, 0x5b]],
  ['a SOCKS4a name without end', request4(0, 0, 0, 1, 'u'.repeat(255), 0, 'h'.repeat(256)), [0, 0x5b]],
]

for (const [title, message, answer] of faults) {
  test(`${title} is a fault with its answer, at every cut`, () => {
    const atOnce = readAll([message])
    const fault = atOnce.messages.at(-1)

    assert.equal(fault?.kind, 'fault')
    assert.deepEqual([...(fault as { answer: Buffer }).answer.subarray(0, answer.length)], answer)
    for (let cut = 1; cut < message.length; cut++) {
      const cutUp = readAll([message.subarray(0, cut), message.subarray(cut)])
      assert.deepEqual(cutUp.messages, atOnce.messages, `cut at ${cut}`)
    }
  })
}

test('200,000 messages of garbage in random pieces: nothing is thrown, no byte is lost, no more than 520 are taken a message', () => {
  const random = seeded(20_261_124)
  const kinds = { greeting: 0, password: 0, request: 0, fault: 0, none: 0 }

  for (let round = 0; round < 200_000; round++) {
    const reader = new SocksReader()
    const chunk = Buffer.from(Uint8Array.from({ length: 1 + random(700) }, () => random(256)))
    // Half of the rounds get past the first bytes.
    if (round % 2 === 0) chunk[0] = 4 + random(2)
    if (round % 3 === 0) chunk.fill(1 + random(255), 8)
    let stage: 'first' | 'password' | 'request' = 'first'
    if (round % 5 === 0) {
      stage = round % 2 === 0 ? 'password' : 'request'
      reader.expect(stage)
      chunk[0] = stage === 'password' ? 1 : 5
      chunk[1] = 1 + random(2)
      chunk[2] = 0
      chunk[3] = [1, 3, 4, 9][random(4)] as number
    }
    let at = 0
    while (at < chunk.length && reader.message === undefined) {
      const piece = chunk.subarray(at, at + 1 + random(90))
      const taken = reader.take(piece)
      at += taken
      if (reader.message === undefined) assert.equal(taken, piece.length)
      else assert.equal(reader.take(piece, taken), taken, 'a reader that has a message takes no more')
    }

    kinds[reader.message?.kind ?? 'none']++
    assert.ok(at <= 520, `took ${at}`)
    if (at === 520) assert.notEqual(reader.message, undefined)
  }

  for (const [kind, count] of Object.entries(kinds)) assert.ok(count > 100, `${kind} came ${count} times`)
})

/** Whole numbers below `below`, the same ones each time (mulberry32). */
function seeded(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}
