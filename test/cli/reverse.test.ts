import assert from 'node:assert/strict'
import http2 from 'node:http2'
import https from 'node:https'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createCertificate } from '../support/certificates.ts'
import { startOrigin, type TestOrigin } from '../support/origin.ts'
import { startReverse } from './run-cli.ts'

interface Mirrored {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

async function originOf(t: TestContext): Promise<TestOrigin> {
  const origin = await startOrigin()
  t.after(() => origin.close())
  return origin
}

async function mirrored(url: string, init?: RequestInit): Promise<Mirrored> {
  return (await (await fetch(url, init)).json()) as Mirrored
}

test('one command puts a proxy in front of a server, and says where and how to try it', async (t) => {
  const origin = await originOf(t)

  const { child, url } = await startReverse(t, ['--to', origin.url])
  const seen = await mirrored(`${url}/a?b=1`, { method: 'POST', body: 'hello' })

  assert.equal(seen.method, 'POST')
  assert.equal(seen.url, '/a?b=1')
  assert.equal(seen.body, 'hello')
  assert.equal(seen.headers.host, new URL(url).host)
  assert.match(child.output(), new RegExp(`-> ${origin.url}\n`))
  await child.says(/try: curl -i http:\/\/127\.0\.0\.1:\d+\//)
})

test('several servers share the load, by the policy that --policy says', async (t) => {
  const [first, second] = [await originOf(t), await originOf(t)]
  const { url } = await startReverse(t, ['--to', first.url, '--to', second.url, '--policy', 'round-robin'])

  for (let i = 0; i < 4; i++) await mirrored(url)

  assert.equal(first.requests.length, 2)
  assert.equal(second.requests.length, 2)
})

test('--host-header upstream sends the Host of the server', async (t) => {
  const origin = await originOf(t)
  const { url } = await startReverse(t, ['--to', origin.url, '--host-header', 'upstream'])

  assert.equal((await mirrored(url)).headers.host, `127.0.0.1:${origin.port}`)
})

test('--header-up sets, adds and removes fields of the request, with facts in their values', async (t) => {
  const origin = await originOf(t)
  const rules = ['X-Client: {client.ip}', '+X-Tag: b', '-X-Secret', 'Host: fixed.test'].flatMap((rule) => [
    '--header-up',
    rule,
  ])
  const { url } = await startReverse(t, ['--to', origin.url, ...rules])

  const { headers } = await mirrored(url, { headers: { 'x-client': 'forged', 'x-tag': 'a', 'x-secret': 's' } })

  assert.equal(headers['x-client'], '127.0.0.1')
  assert.equal(headers['x-tag'], 'a, b')
  assert.equal(headers['x-secret'], undefined)
  assert.equal(headers.host, 'fixed.test')
})

test('--header-down does the same for answers', async (t) => {
  const origin = await originOf(t)
  const { url } = await startReverse(t, ['--to', origin.url, '--header-down', '-Server', '--header-down', 'X-By: us'])

  const { headers } = await fetch(url)

  assert.equal(headers.get('server'), null)
  assert.equal(headers.get('x-by'), 'us')
})

test('--trusted-proxy believes what the proxy in front says of the client; without it nobody is believed', async (t) => {
  const origin = await originOf(t)
  const rule = ['--header-up', 'X-Client: {client.ip}']
  const trusting = await startReverse(t, ['--to', origin.url, ...rule, '--trusted-proxy', '127.0.0.0/8'])
  const strict = await startReverse(t, ['--to', origin.url, ...rule])
  const headers = { 'x-forwarded-for': '203.0.113.9' }

  assert.equal((await mirrored(trusting.url, { headers })).headers['x-client'], '203.0.113.9')
  assert.equal((await mirrored(strict.url, { headers })).headers['x-client'], '127.0.0.1')
})

test('without a terminal the access log is JSON on standard output; combined and off can be had', async (t) => {
  const origin = await originOf(t)
  const json = await startReverse(t, ['--to', origin.url])
  const combined = await startReverse(t, ['--to', origin.url, '--access-log', 'combined'])
  const off = await startReverse(t, ['--to', origin.url, '--access-log', 'off'])

  for (const { url } of [json, combined, off]) await mirrored(`${url}/logged`)
  await json.child.says(/^\{"level":30,.*"target":"\/logged".*"msg":"exchange"\}$/m)
  await combined.child.says(/^127\.0\.0\.1 - - \[.*\] "GET \/logged HTTP\/1\.1" 200 /m)

  assert.equal(await off.child.stop(), 0)
  assert.doesNotMatch(off.child.output(), /logged/)
})

test('beside combined, standard error says why an exchange failed', async (t) => {
  const { child, url } = await startReverse(t, ['--to', 'http://127.0.0.1:1', '--access-log', 'combined'])

  await (await fetch(`${url}/a`)).text()

  await child.says(/^sallyport: GET \/a: 502 SP_CONNECT_REFUSED, .*ECONNREFUSED/m)
})

test('a server that nobody answers at is a warning, not an end', async (t) => {
  const { child, url } = await startReverse(t, ['--to', 'http://127.0.0.1:1'])

  await child.says(/warning: nothing answers at http:\/\/127\.0\.0\.1:1 \(connection refused\)/)

  assert.equal((await fetch(url)).status, 502)
})

test('--http2-upstream speaks HTTP/2 to the server', async (t) => {
  const origin = http2.createServer((request, response) => response.end(request.httpVersion))
  t.after(() => origin.close())
  const { url } = await startReverse(t, ['--to', await listening(origin), '--http2-upstream'])

  assert.equal(await (await fetch(url)).text(), '2.0')
})

test('certificates are checked, unless --insecure-upstream says otherwise, with a warning', async (t) => {
  const origin = https.createServer(createCertificate({ name: 'a.test' }), (_, response) => response.end('secret'))
  t.after(() => origin.close())
  const to = (await listening(origin)).replace('http:', 'https:')
  const strict = await startReverse(t, ['--to', to])
  const insecure = await startReverse(t, ['--to', to, '--insecure-upstream'])

  assert.equal((await fetch(strict.url)).status, 502)
  assert.equal(await (await fetch(insecure.url)).text(), 'secret')
  await insecure.child.says(/warning: certificates of the servers are not checked/)
})

test('a server that accepts and says nothing is no reason for a warning', async (t) => {
  const silent = createServer((socket) => socket.on('error', () => {}))
  t.after(() => silent.close())
  const probed = new Promise<void>((resolve) => silent.once('connection', (socket) => socket.once('close', resolve)))
  const { child } = await startReverse(t, ['--to', await listening(silent)])

  await probed

  assert.equal(await child.stop(), 0)
  assert.doesNotMatch(child.output(), /warning/)
})

async function listening(server: Pick<Server, 'listen' | 'address'>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
