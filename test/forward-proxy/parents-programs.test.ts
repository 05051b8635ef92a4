import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { absoluteForm } from '../../src/forward-proxy/parents/absolute-form.ts'
import { parseParent } from '../../src/forward-proxy/parents/parent.ts'
import { createAuthority, createCertificate } from '../support/certificates.ts'
import { dialBy } from '../support/chain-tools.ts'
import {
  freePort,
  type ParentProgram,
  startDante,
  startMicrosocks,
  startTinyproxy,
} from '../support/parent-programs.ts'
import { needs } from '../support/programs.ts'
import { socksParent } from '../support/socks-parent.ts'

const login = 'anna:s3cr3t'

async function running(t: TestContext, program: Promise<ParentProgram>): Promise<number> {
  const started = await program
  t.after(() => started.stop())
  return started.port
}

/** An origin on 127.0.0.1 that says what it was asked. */
async function origin(t: TestContext): Promise<{ host: string; port: number }> {
  const server: Server = createServer((request, reply) => {
    reply.end(`${request.url} of ${request.headers.host}, auth ${request.headers['proxy-authorization'] ?? 'none'}`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { host: '127.0.0.1', port: (server.address() as net.AddressInfo).port }
}

/** Sends a request, reads to the end. */
async function ask(socket: Duplex, target: string, fields = ''): Promise<string> {
  socket.write(`GET ${target} HTTP/1.1\r\nHost: name.test\r\n${fields}Connection: close\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  socket.destroy()
  return text
}

/** A TLS server before a plain one. */
async function tlsFront(t: TestContext, port: number, name = 'localhost'): Promise<{ port: number; ca: string }> {
  const authority = createAuthority('Test CA')
  const certificate = createCertificate({ name, authority })
  const server = tls.createServer({ ...certificate, allowHalfOpen: true }, (socket) => {
    const behind = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.pipe(behind).pipe(socket)
    for (const one of [socket, behind]) one.on('error', () => {})
    socket.on('close', () => behind.destroy())
    behind.on('close', () => socket.destroy())
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { port: (server.address() as net.AddressInfo).port, ca: authority.cert }
}

async function gets(urls: Parameters<typeof dialBy>[0], target: { host: string; port: number }): Promise<void> {
  const { error, socket } = await dialBy(urls, target)
  assert.ifError(error)
  assert.match(await ask(socket as Duplex, '/path'), /200 OK.*\/path of name\.test, auth none/s)
}

test('microsocks: SOCKS5 with and without a password, by address and by name', {
  skip: needs('microsocks'),
}, async (t) => {
  const target = await origin(t)
  const open = await running(t, startMicrosocks())
  const locked = await running(t, startMicrosocks('anna', 's3cr3t'))

  await gets([`socks5h://127.0.0.1:${open}`], target)
  await gets([`socks5h://127.0.0.1:${open}`], { ...target, host: 'localhost' })
  await gets([`socks5://127.0.0.1:${open}`], { ...target, host: 'here.test' })
  await gets([`socks5h://${login}@127.0.0.1:${locked}`], target)

  for (const url of [`socks5h://anna:wrong@127.0.0.1:${locked}`, `socks5h://127.0.0.1:${locked}`]) {
    const { error, socket } = await dialBy([url], target)
    assert.equal(error?.code, 'SP_PARENT_AUTH')
    assert.equal(error?.parentFailed, true)
    assert.equal(socket, null)
    assert.doesNotMatch(String(error?.stack), /anna|wrong/)
  }
})

test('microsocks: a target that refuses is no failure of the parent', { skip: needs('microsocks') }, async (t) => {
  const port = await running(t, startMicrosocks())

  const { error } = await dialBy([`socks5h://127.0.0.1:${port}`], { host: '127.0.0.1', port: await freePort() })

  assert.equal(error?.code, 'SP_CONNECT_REFUSED')
  assert.equal(error?.parentFailed, false)
})

test('dante: SOCKS4 and 5', { skip: needs('danted') }, async (t) => {
  const target = await origin(t)
  const port = await running(t, startDante())

  // Dante 1.4.2 takes the address that announces a name in SOCKS4a for an address.
  for (const scheme of ['socks4', 'socks5', 'socks5h']) {
    await gets([`${scheme}://127.0.0.1:${port}`], target)
    await gets([`${scheme}://127.0.0.1:${port}`], { ...target, host: 'localhost' })
  }
  const { error } = await dialBy([`socks4a://127.0.0.1:${port}`], { host: '127.0.0.1', port: await freePort() })
  assert.equal(error?.code, 'SP_CONNECT_FAILED')
  assert.equal(error?.parentFailed, false)
})

test('our own SOCKS server: names go to it as they are, save with socks4 and socks5', async (t) => {
  const target = await origin(t)
  const { port, asked } = await socksParent(t)

  for (const scheme of ['socks4', 'socks4a', 'socks5', 'socks5h']) {
    await gets([`${scheme}://anna@127.0.0.1:${port}`], { ...target, host: 'far.test' })
  }

  assert.deepEqual(
    asked.map(({ version, host, userId }) => [version, host, userId]),
    [
      [4, '127.0.0.1', 'anna'],
      [4, 'far.test', 'anna'],
      [5, '127.0.0.1', ''],
      [5, 'far.test', ''],
    ],
  )
})

test('tinyproxy: CONNECT, with a password, in vain, and in absolute-form', { skip: needs('tinyproxy') }, async (t) => {
  const target = await origin(t)
  const open = await running(t, startTinyproxy())
  const locked = await running(t, startTinyproxy('anna', 's3cr3t'))

  await gets([`http://127.0.0.1:${open}`], target)
  await gets([`http://${login}@127.0.0.1:${locked}`], target)

  const wrong = await dialBy([`http://anna:wrong@127.0.0.1:${locked}`], target)
  assert.equal(wrong.error?.code, 'SP_PARENT_AUTH')
  const refused = await dialBy([`http://127.0.0.1:${open}`], { host: '127.0.0.1', port: await freePort() })
  assert.equal(refused.error?.parentFailed, false)
  assert.equal(refused.error?.status, 502)

  const hops = [parseParent('parent', `http://${login}@127.0.0.1:${locked}`)]
  const form = absoluteForm(hops, `127.0.0.1:${target.port}`, '/path?q')
  const { socket } = await dialBy(hops, undefined)
  const field = `Proxy-Authorization: ${form?.proxyAuthorization}\r\n`
  assert.match(await ask(socket as Duplex, form?.target ?? '', field), /200 OK.*\/path\?q of .*, auth none/s)
})

test('an HTTPS parent: its certificate is verified', { skip: needs('tinyproxy') }, async (t) => {
  const target = await origin(t)
  const plain = await running(t, startTinyproxy('anna', 's3cr3t'))
  const front = await tlsFront(t, plain)
  const url = `https://${login}@localhost:${front.port}`
  const other = await tlsFront(t, plain, 'other.test')

  await gets([parseParent('parent', url, { ca: front.ca })], target)

  const unknown = await dialBy([url], target)
  assert.equal(unknown.error?.code, 'SP_TLS_CERTIFICATE')
  assert.doesNotMatch(String(unknown.error?.stack), /s3cr3t/)
  const named = parseParent('parent', `https://localhost:${other.port}`, { ca: other.ca })
  assert.equal((await dialBy([named], target)).error?.code, 'SP_TLS_CERTIFICATE')
  const byAddress = parseParent('parent', `https://127.0.0.1:${front.port}`, { ca: front.ca })
  assert.equal((await dialBy([byAddress], target)).error?.code, 'SP_TLS_CERTIFICATE')
  assert.equal((await dialBy([`https://127.0.0.1:${target.port}`], target)).error?.code, 'SP_TLS_PROTOCOL')
})

test('a chain of five: SOCKS5, HTTPS, SOCKS4a, HTTPS in HTTPS, HTTP', {
  skip: needs('microsocks', 'tinyproxy'),
}, async (t) => {
  const target = await origin(t)
  const socks = await running(t, startMicrosocks('anna', 's3cr3t'))
  const http = await running(t, startTinyproxy())
  const own = await socksParent(t)
  const front = await tlsFront(t, http)
  const secure = parseParent('parent', `https://localhost:${front.port}`, { ca: front.ca })
  const chain = [`socks5h://${login}@127.0.0.1:${socks}`, secure, `socks4a://127.0.0.1:${own.port}`, secure]

  // Another one: tinyproxy notices when it is asked for itself.
  await gets([...chain, `http://127.0.0.1:${await running(t, startTinyproxy())}`], target)

  const dead = await freePort()
  const { error } = await dialBy([...chain, `http://127.0.0.1:${dead}`], target)
  assert.equal(error?.hop, 3)
  assert.equal(error?.parent, `https://localhost:${front.port}`)
  const wrong = await dialBy([secure, `socks5h://anna:wrong@127.0.0.1:${socks}`], target)
  assert.equal(wrong.error?.hop, 1)
  assert.equal(wrong.error?.code, 'SP_PARENT_AUTH')
  const first = await dialBy([`http://127.0.0.1:${dead}`, secure], target)
  assert.deepEqual([first.error?.hop, first.error?.code], [0, 'SP_CONNECT_REFUSED'])
})
