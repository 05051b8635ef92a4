import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { exchangeWith } from '../../http/exchange-with.ts'
import { gateTo, type Sender } from './gate.ts'

/** An origin that breaks the connection once it has read so many bytes of content, and one that reads all. */
async function pair(t: TestContext, breaksAt: number): Promise<{ urls: string[]; got: Buffer[]; fields: unknown[] }> {
  const got: Buffer[] = []
  const fields: unknown[] = []
  const bad = createServer((request) => {
    let bytes = 0
    if (breaksAt === 0) request.socket.destroy()
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes >= breaksAt) request.socket.destroy()
    })
    request.on('end', () => request.socket.destroy())
  })
  const good = createServer(async (request, response) => {
    fields.push([request.headers['content-length'], request.headers['transfer-encoding']])
    got.push(await buffer(request))
    response.end('ok')
  })
  const urls: string[] = []
  for (const server of [bad, good]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      server.closeAllConnections()
      server.close()
    })
    urls.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }
  return { urls, got, fields }
}

function chunked(content: Buffer, size: number): Readable {
  const chunks: Buffer[] = []
  for (let at = 0; at < content.length; at += size) chunks.push(content.subarray(at, at + size))
  return Readable.from(chunks)
}

const hash = (content: Buffer | string): string =>
  createHash('sha256')
    .update(typeof content === 'string' ? Buffer.from(content, 'latin1') : content)
    .digest('hex')

function counted(sender: Sender, content: Buffer): void {
  assert.equal(hash(sender.sent), hash(content), 'each byte told once, in order')
  assert.equal(sender.sentEnds, 1, 'the end told once')
}

for (const breaksAt of [0, 1, 30_000, 100_000]) {
  test(`a PUT whose upstream dies after ${breaksAt} bytes arrives whole at another`, async (t) => {
    const { urls, got, fields } = await pair(t, breaksAt)
    const content = randomBytes(100_000)
    const gate = gateTo(t, urls, { bufferBody: 128 * 1024 })

    const sender = await gate.ask({
      method: 'PUT',
      body: chunked(content, 7000),
      headers: ['Content-Length', '100000'],
    }).over

    assert.deepEqual([sender.error, sender.status], [undefined, 200])
    assert.equal(hash(got[0] as Buffer), hash(content))
    assert.deepEqual(fields, [['100000', undefined]])
    counted(sender, content)
    assert.equal(gate.pool.active, 0)
  })
}

test('a DELETE with content of unknown length is replayed too', async (t) => {
  const { urls, got } = await pair(t, 1)
  const content = randomBytes(50_000)
  const gate = gateTo(t, urls, { bufferBody: 64 * 1024 })

  const sender = await gate.ask({ method: 'DELETE', body: chunked(content, 5000) }).over

  assert.equal(sender.status, 200)
  assert.equal(hash(got[0] as Buffer), hash(content))
})

test('content that grew past the cap is sent once, and the failure told', async (t) => {
  const { urls, got } = await pair(t, 50_000)
  const gate = gateTo(t, urls, { bufferBody: 10_000 })

  const { error } = await gate.ask({ method: 'PUT', body: chunked(randomBytes(100_000), 5000) }).over

  assert.equal(error?.code, 'SP_UPSTREAM_RESET')
  assert.equal(got.length, 0)
})

test('content past the cap still arrives whole when nothing fails', async (t) => {
  const { urls, got } = await pair(t, 0)
  const content = randomBytes(300_000)
  const gate = gateTo(t, [urls[1] as string], { bufferBody: 10_000 })

  const sender = await gate.ask({ method: 'PUT', body: chunked(content, 5000) }).over

  assert.equal(sender.status, 200)
  assert.equal(hash(got[0] as Buffer), hash(content))
  counted(sender, content)
})

test('a POST is not kept and not sent again, whatever bufferBody says', async (t) => {
  const { urls, got } = await pair(t, 1)
  const gate = gateTo(t, urls, { bufferBody: 64 * 1024 })

  const { error } = await gate.ask({ method: 'POST', body: chunked(randomBytes(5000), 1000) }).over

  assert.equal(error?.code, 'SP_UPSTREAM_RESET')
  assert.equal(got.length, 0)
})

test('a PUT with its content at hand needs no buffer', async (t) => {
  const { urls, got } = await pair(t, 1)
  const content = randomBytes(5000)
  const gate = gateTo(t, urls)

  const sender = await gate.ask({ method: 'PUT', body: content, exchange: exchangeWith({}) }).over

  assert.equal(sender.status, 200)
  assert.equal(hash(got[0] as Buffer), hash(content))
  counted(sender, content)
})

test('a client that leaves in the middle of its content is worth no further attempt', async (t) => {
  const { urls, got } = await pair(t, 1_000_000)
  const gate = gateTo(t, urls, { bufferBody: 64 * 1024 })
  const body = new Readable({ read() {} })
  body.push(Buffer.alloc(1000))
  const sender = gate.ask({ method: 'PUT', body })

  setTimeout(() => body.destroy(), 20)

  assert.equal((await sender.over).error?.code, 'SP_CLIENT_GONE')
  assert.equal(got.length, 0)
  assert.deepEqual(gate.pool.log, ['a picked', 'a released'])
})

test('503 to a PUT before its content is all there: what is left goes to the other upstream alone', async (t) => {
  const { urls, got } = await pair(t, 0)
  const busy = createServer((_, response) => response.writeHead(503).end('busy'))
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    busy.closeAllConnections()
    busy.close()
  })
  const content = randomBytes(60_000)
  const url = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`
  const gate = gateTo(t, [url, urls[1] as string], { bufferBody: 64 * 1024, on: new Set(['503']) })

  const sender = await gate.ask({ method: 'PUT', body: chunked(content, 1000) }).over

  assert.deepEqual([sender.error, sender.status, sender.body], [undefined, 200, 'ok'])
  assert.equal(hash(got[0] as Buffer), hash(content))
  counted(sender, content)
})
