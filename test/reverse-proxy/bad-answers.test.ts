import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proxyTo } from './support/gate.ts'
import { answers, rawOrigin, say } from './support/wire.ts'

const ok = 'HTTP/1.1 200 OK\r\n'

const rows: readonly [string, string, string][] = [
  ['a status below 100', 'HTTP/1.1 099 x\r\nContent-Length: 2\r\n\r\nok', '502 SP_UPSTREAM_PROTOCOL'],
  ['a status of two digits', 'HTTP/1.1 99 x\r\nContent-Length: 2\r\n\r\nok', '502'],
  ['a status of 600', 'HTTP/1.1 600 x\r\nContent-Length: 2\r\n\r\nok', '502 SP_UPSTREAM_PROTOCOL'],
  ['garbage', 'garbage\r\n\r\n', '502'],
  ['another transfer coding', `${ok}Transfer-Encoding: gzip\r\n\r\nok`, '502 SP_UPSTREAM_PROTOCOL'],
  [
    'a transfer coding under chunked',
    `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    '502 SP_UPSTREAM_PROTOCOL',
  ],
  [
    'Content-Length beside Transfer-Encoding',
    `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    '502',
  ],
  ['two lengths that differ', `${ok}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`, '502'],
  ['a head of 20 KB', `${ok}x: ${'a'.repeat(20_000)}\r\nContent-Length: 2\r\n\r\nok`, '502 SP_UPSTREAM_FIELDS'],
  ['300 field lines', `${ok}${'x: a\r\n'.repeat(300)}Content-Length: 2\r\n\r\nok`, '502 SP_UPSTREAM_FIELDS'],
  [
    'a 101 that nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nok',
    '502',
  ],
]

for (const [what, answer, expected] of rows) {
  test(`${what} from the upstream is a neutral 502, and the gate lives on`, async (t) => {
    const origin = await rawOrigin(t, answers(answer))
    const gate = await proxyTo(t, { upstream: origin.url })

    for (let i = 0; i < 2; i++) {
      const wire = await say(t, gate.port, 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n')
      const text = await wire.closed

      const [status, code] = expected.split(' ')
      assert.match(text, new RegExp(`^HTTP/1.1 ${status} `))
      assert.match(text, /^Proxy-Status: gate; ?error=/im)
      if (code !== undefined) assert.match(text, new RegExp(`"code":"${code}"`))
      assert.doesNotMatch(text, new RegExp(`127\\.0\\.0\\.1|${origin.port}|node_modules|undici`))
    }
  })
}

const dressed: readonly [string, string, RegExp, RegExp][] = [
  [
    'a Trailer beside Content-Length',
    `${ok}Trailer: x-t\r\nContent-Length: 2\r\n\r\nok`,
    /^HTTP\/1.1 200 OK\r\n/,
    /\r\n\r\nok$/,
  ],
  [
    'a Trailer on 304',
    'HTTP/1.1 304 Not Modified\r\nTrailer: x-t\r\nTransfer-Encoding: chunked\r\n\r\n',
    /^HTTP\/1.1 304 Not Modified\r\n/,
    /\r\n\r\n$/,
  ],
  [
    'a reason phrase in UTF-8',
    'HTTP/1.1 200 \xd0\x9f\xd1\x80\r\nContent-Length: 2\r\n\r\nok',
    /^HTTP\/1.1 200 \xd0\x9f\xd1\x80\r\n/,
    /\r\n\r\nok$/,
  ],
  [
    'a reason phrase with an accent',
    'HTTP/1.1 200 \xc3\xa9\r\nContent-Length: 2\r\n\r\nok',
    /^HTTP\/1.1 200 \xc3\xa9\r\n/,
    /\r\n\r\nok$/,
  ],
  ['a reason phrase of no encoding', 'HTTP/1.1 200 \xff\xfe\r\nContent-Length: 2\r\n\r\nok', /^HTTP\/1.1 200 /, /ok$/],
  ['no reason phrase', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok', /^HTTP\/1.1 200 ?\r\n/, /ok$/],
]

for (const [what, answer, head, end] of dressed) {
  test(`${what} passes and does not end the process`, async (t) => {
    const origin = await rawOrigin(t, answers(answer))
    const gate = await proxyTo(t, { upstream: origin.url })

    const wire = await say(t, gate.port, 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n')

    const text = await wire.closed
    assert.match(text, head)
    assert.match(text, end)
  })
}

test('a Trailer in the answer to HEAD does not end the process', async (t) => {
  const origin = await rawOrigin(t, answers(`${ok}Trailer: x-t\r\nTransfer-Encoding: chunked\r\n\r\n`))
  const gate = await proxyTo(t, { upstream: origin.url })

  const wire = await say(t, gate.port, 'HEAD / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n')

  assert.match(await wire.closed, /^HTTP\/1.1 200 OK\r\n/)
})
