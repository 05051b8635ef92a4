import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dialogue, HandshakeFault } from '../../src/forward-proxy/parents/converse.ts'
import { Credentials } from '../../src/forward-proxy/parents/credentials.ts'
import { httpConnect } from '../../src/forward-proxy/parents/http-connect.ts'
import { socks4Connect } from '../../src/forward-proxy/parents/socks4-connect.ts'
import { socks5Connect } from '../../src/forward-proxy/parents/socks5-connect.ts'

const anna = new Credentials('anna', 's3cr3t')

/** What a dialogue makes of pieces: what it says, and the fault or what is left for the tunnel. */
function hold(dialogue: Dialogue | undefined, pieces: readonly Buffer[]): { said: string; end: unknown } {
  assert.ok(dialogue)
  let said = dialogue.opening.toString('latin1')
  let end: HandshakeFault | string | undefined
  for (const piece of pieces) {
    if (typeof end === 'string') end += piece.toString('latin1')
    if (end !== undefined) continue
    const heard = dialogue.hear(piece, (bytes) => {
      said += bytes.toString('latin1')
    })
    if (typeof heard !== 'number') end = heard
    else if (heard !== -1) end = piece.toString('latin1', heard)
  }
  return { said, end }
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const http = (host = 'name.test'): Dialogue => httpConnect(host, 443, undefined)
const socks5 = (): Dialogue | undefined => socks5Connect('name.test', 443, anna)
const socks4 = (): Dialogue | undefined => socks4Connect('name.test', 443, anna)

const tunnels: [string, () => Dialogue | undefined, string][] = [
  ['HTTP', http, 'HTTP/1.1 200 Connection established\r\n\r\n'],
  ['HTTP without a reason', http, 'HTTP/1.0 200\r\n\r\n'],
  [
    'HTTP after interim answers',
    http,
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  ],
  [
    'HTTP with 204 and fields that mean nothing here',
    http,
    'HTTP/1.1 204 x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
  ['SOCKS5 without a password', socks5, '\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00'],
  ['SOCKS5 with a password', socks5, '\x05\x02\x01\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbb'],
  ['SOCKS5 that is bound to IPv6', socks5, `\x05\x00\x05\x00\x00\x04${'\x01'.repeat(18)}`],
  ['SOCKS5 that is bound to a name', socks5, `\x05\x00\x05\x00\x00\x03\x09name.test\x01\xbb`],
  ['SOCKS4a', socks4, '\x00\x5a\x01\xbb\x7f\x00\x00\x01'],
]
for (const [title, dialogue, answer] of tunnels) {
  test(`${title}: the tunnel begins at the same byte at every cut`, () => {
    const all = latin1(`${answer}early\r\n\r\n`)

    const atOnce = hold(dialogue(), [all])

    assert.equal(atOnce.end, 'early\r\n\r\n')
    assert.deepEqual(
      hold(
        dialogue(),
        [...all].map((byte) => Buffer.from([byte])),
      ),
      atOnce,
    )
    for (let cut = 1; cut < all.length; cut++) {
      assert.deepEqual(hold(dialogue(), [all.subarray(0, cut), all.subarray(cut)]), atOnce, `cut at ${cut}`)
    }
  })
}

test('what is said to a parent, byte for byte', () => {
  assert.equal(
    httpConnect('2001:db8::1', 443, anna).opening.toString(),
    'CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\nProxy-Authorization: Basic YW5uYTpzM2NyM3Q=\r\n\r\n',
  )
  assert.equal(
    hold(socks5(), [latin1('\x05\x02\x01\x00')]).said,
    '\x05\x02\x00\x02\x01\x04anna\x06s3cr3t\x05\x01\x00\x03\x09name.test\x01\xbb',
  )
  assert.equal(
    hold(socks5Connect('192.0.2.7', 80, undefined), [latin1('\x05\x00')]).said,
    '\x05\x01\x00\x05\x01\x00\x01\xc0\x00\x02\x07\x00\x50',
  )
  assert.equal(
    hold(socks5Connect('2001:db8::1', 80, undefined), [latin1('\x05\x00')]).said,
    `\x05\x01\x00\x05\x01\x00\x04\x20\x01\x0d\xb8${'\x00'.repeat(11)}\x01\x00\x50`,
  )
  assert.equal(socks4()?.opening.toString('latin1'), '\x04\x01\x01\xbb\x00\x00\x00\x01anna\x00name.test\x00')
  assert.equal(
    socks4Connect('192.0.2.7', 443, undefined)?.opening.toString('latin1'),
    '\x04\x01\x01\xbb\xc0\x00\x02\x07\x00',
  )
})

test('a host that the protocol has no place for is not sent', () => {
  assert.equal(socks4Connect('2001:db8::1', 443, undefined), undefined)
  assert.equal(socks4Connect('0.0.0.5', 443, undefined), undefined)
  assert.equal(socks4Connect('x'.repeat(256), 443, undefined), undefined)
  assert.equal(socks5Connect('x'.repeat(256), 443, undefined), undefined)
  assert.equal(socks5Connect('', 443, undefined), undefined)
})

const status = (code: number): string => `HTTP/1.1 ${code} Secret words\r\nServer: secret\r\n\r\nsecret`
const faults: [string, () => Dialogue | undefined, string, string, boolean][] = [
  ['401', http, status(401), 'SP_PARENT_AUTH', true],
  ['407', http, status(407), 'SP_PARENT_AUTH', true],
  ['403', http, status(403), 'SP_PARENT_DENIED', false],
  ['404', http, status(404), 'SP_UPSTREAM_PROTOCOL', false],
  ['302', http, status(302), 'SP_UPSTREAM_PROTOCOL', false],
  ['429', http, status(429), 'SP_CONNECT_FAILED', false],
  ['500', http, status(500), 'SP_CONNECT_FAILED', false],
  ['502', http, status(502), 'SP_CONNECT_FAILED', false],
  ['503', http, status(503), 'SP_CONNECT_FAILED', false],
  ['504', http, status(504), 'SP_CONNECT_TIMEOUT', false],
  ['101', http, status(101), 'SP_UPSTREAM_PROTOCOL', true],
  ['no HTTP', http, 'SSH-2.0-x\r\n\r\n', 'SP_UPSTREAM_PROTOCOL', true],
  ['HTTP/2', http, 'HTTP/2 200\r\n\r\n', 'SP_UPSTREAM_PROTOCOL', true],
  ['status 0200', http, 'HTTP/1.1 0200 OK\r\n\r\n', 'SP_UPSTREAM_PROTOCOL', true],
  ['a bare LF', http, 'HTTP/1.1 200 OK\n\n', 'SP_UPSTREAM_PROTOCOL', true],
  ['17 KiB of fields', http, `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`, 'SP_UPSTREAM_FIELDS', true],
  ['interim answers without end', http, 'HTTP/1.1 100 x\r\n\r\n'.repeat(1000), 'SP_UPSTREAM_FIELDS', true],
  ['no SOCKS5', socks5, 'HTTP', 'SP_UPSTREAM_PROTOCOL', true],
  ['no method', socks5, '\x05\xff', 'SP_PARENT_AUTH', true],
  ['a method that was not offered', socks5, '\x05\x01', 'SP_PARENT_AUTH', true],
  ['a wrong password', socks5, '\x05\x02\x01\x01', 'SP_PARENT_AUTH', true],
  ...([1, 2, 3, 4, 5, 6, 7, 8, 200] as const).map(
    (code): [string, () => Dialogue | undefined, string, string, boolean] => [
      `SOCKS5 reply ${code}`,
      socks5,
      `\x05\x00\x05${String.fromCharCode(code)}\x00\x01\x00\x00\x00\x00\x00\x00`,
      { 2: 'SP_PARENT_DENIED', 5: 'SP_CONNECT_REFUSED', 6: 'SP_CONNECT_TIMEOUT' }[code as 2 | 5 | 6] ??
        'SP_CONNECT_FAILED',
      false,
    ],
  ),
  [
    'an address type of no kind',
    socks5,
    '\x05\x00\x05\x00\x00\x09\x00\x00\x00\x00\x00\x00',
    'SP_UPSTREAM_PROTOCOL',
    true,
  ],
  ['SOCKS4 91', socks4, '\x00\x5b\x00\x00\x00\x00\x00\x00', 'SP_CONNECT_FAILED', false],
  ['SOCKS4 93', socks4, '\x00\x5d\x00\x00\x00\x00\x00\x00', 'SP_PARENT_AUTH', true],
  ['no SOCKS4', socks4, 'HTTP/1.1', 'SP_UPSTREAM_PROTOCOL', true],
]
for (const [title, dialogue, answer, code, parentFailed] of faults) {
  test(`${title} is ${code}, at every cut, and nothing of the parent's own words is kept`, () => {
    const all = latin1(answer)

    const { end } = hold(dialogue(), [all])

    assert.equal((end as HandshakeFault).code, code)
    assert.equal((end as HandshakeFault).parentFailed, parentFailed)
    assert.doesNotMatch(JSON.stringify(end), /secret/i)
    const step = Math.max(1, all.length >> 6)
    for (let cut = 1; cut < all.length; cut += step) {
      const cutUp = hold(dialogue(), [all.subarray(0, cut), all.subarray(cut)]).end
      assert.equal((cutUp as HandshakeFault).code, code, `cut at ${cut}`)
    }
  })
}

test('100,000 answers of garbage: nothing is thrown, and an endless one ends in a fault', () => {
  const random = seeded(5)
  const starts = ['', '\x05', '\x05\x02\x01\x00\x05', '\x00\x5a', 'HTTP/1.1 ', 'HTTP/1.1 200 ', 'HTTP/1.1 100 x\r\n']
  const ends = { fault: 0, tunnel: 0, more: 0 }

  for (let round = 0; round < 100_000; round++) {
    const dialogue = [http, socks5, socks4][round % 3]?.() as Dialogue
    const noise = Buffer.from(Uint8Array.from({ length: random(300) }, () => random(256)))
    const all = Buffer.concat([latin1(starts[random(starts.length)] as string), noise])
    let at = 0
    let heard: number | HandshakeFault = -1
    while (at < all.length && heard === -1) {
      const piece = all.subarray(at, at + 1 + random(60))
      heard = dialogue.hear(piece, () => {})
      at += piece.length
    }
    ends[heard === -1 ? 'more' : typeof heard === 'number' ? 'tunnel' : 'fault']++
    if (heard !== -1) continue
    const block = Buffer.alloc(1024, 'a')
    for (let i = 0; i < 20 && heard === -1; i++) heard = dialogue.hear(block, () => {})
    assert.notEqual(heard, -1)
  }

  for (const [end, count] of Object.entries(ends)) assert.ok(count > 100, `${end} came ${count} times`)
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
