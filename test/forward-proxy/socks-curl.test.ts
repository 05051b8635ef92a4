import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { SocksRequest } from '../../src/forward-proxy/socks/reader.ts'
import { needs } from '../support/programs.ts'
import { socksParent } from '../support/socks-parent.ts'

const skip = needs('curl')

/** A SOCKS server that leads every request to one origin, and an origin of 1 MiB. */
async function proxy(t: TestContext, password?: string): Promise<{ port: number; asked: SocksRequest[] }> {
  const origin = createServer((_, reply) => reply.end(Buffer.alloc(1 << 20, 'x'))).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  t.after(() => {
    origin.close()
    origin.closeAllConnections()
  })
  return socksParent(t, { to: (origin.address() as AddressInfo).port, password })
}

/** Runs curl; gives its exit code, and how many bytes it got. */
function curl(...args: string[]): Promise<{ code: number; bytes: number; stderr: string }> {
  return new Promise((resolve) => {
    const all = ['-sS', '--max-time', '10', '--noproxy', '', ...args]
    execFile('curl', all, { maxBuffer: 1 << 22, encoding: 'buffer' }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), bytes: stdout.length, stderr: stderr.toString() })
    })
  })
}

const ways: [string, string, object][] = [
  ['--socks5', 'http://127.0.0.1:81/', { version: 5, host: '127.0.0.1', port: 81, userId: '' }],
  ['--socks5', 'http://[::1]:81/', { version: 5, host: '[::1]', port: 81, userId: '' }],
  ['--socks5-hostname', 'http://name.test/', { version: 5, host: 'name.test', port: 80, userId: '' }],
  ['--socks4', 'http://127.0.0.1:81/', { version: 4, host: '127.0.0.1', port: 81, userId: '' }],
  ['--socks4a', 'http://name.test/', { version: 4, host: 'name.test', port: 80, userId: '' }],
]
for (const [option, url, request] of ways) {
  test(`curl ${option} gets ${url} whole`, { skip }, async (t) => {
    const { port, asked } = await proxy(t)

    const got = await curl(option, `127.0.0.1:${port}`, url)

    assert.equal(got.code, 0, got.stderr)
    assert.equal(got.bytes, 1 << 20)
    assert.deepEqual(asked, [request])
  })
}

test('curl with the right password gets through, with a wrong one or with none it does not', { skip }, async (t) => {
  const { port, asked } = await proxy(t, 'pa:ss')
  const to = ['--socks5-hostname', `127.0.0.1:${port}`, 'http://name.test/']

  const right = await curl('--proxy-user', 'anna:pa:ss', ...to)
  const wrong = await curl('--proxy-user', 'anna:no', ...to)
  const none = await curl(...to)
  const old = await curl('--socks4a', `127.0.0.1:${port}`, '--proxy-user', 'anna:pa:ss', 'http://name.test/')

  assert.equal(right.code, 0, right.stderr)
  // 97: the handshake with the proxy failed.
  assert.deepEqual([wrong.code, none.code, old.code], [97, 97, 97])
  assert.equal(asked.length, 1)
})

test('curl is told that a target is not allowed', { skip }, async (t) => {
  const { port } = await proxy(t)

  const { code, stderr } = await curl('--socks5-hostname', `127.0.0.1:${port}`, 'http://denied.test/')

  assert.equal(code, 97)
  assert.match(stderr, /\(2\)/)
})
