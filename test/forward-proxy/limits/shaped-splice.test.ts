import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../../src/contract/clock.ts'
import { createShaper, type Shaper, type ShaperOptions } from '../../../src/forward-proxy/limits/shaper.ts'
import { type Splice, type SpliceSummary, splice } from '../../../src/net/splice.ts'

async function pair(t: TestContext): Promise<[net.Socket, net.Socket]> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const outer = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [inner] = (await once(server, 'connection')) as [net.Socket]
  outer.on('error', () => {})
  server.close()
  t.after(() => {
    outer.destroy()
    inner.destroy()
  })
  return [outer, inner]
}

function shaperOf(t: TestContext, options: ShaperOptions): Shaper {
  const shaper = createShaper('shape', options, systemClock)
  t.after(() => shaper.close())
  return shaper
}

/** client <-> splice <-> origin, shaped. */
async function tunnel(t: TestContext, shaper: Shaper, user = 'ann') {
  const [client, downstream] = await pair(t)
  const [origin, upstream] = await pair(t)
  const ended = Promise.withResolvers<SpliceSummary>()
  const joint: Splice = splice(downstream, upstream, {
    clock: systemClock,
    idleTimeout: 0,
    maxLifetime: 0,
    pace: shaper.join(user, []),
    onEnd: ended.resolve,
  })
  return { client, origin, joint, ended: ended.promise }
}

/** All that comes until the end. The socket stays open the other way. */
async function bytes(socket: net.Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'end')
  return Buffer.concat(chunks)
}

const pattern = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255))

test('bytes pass at the rate, in order and whole, and the other direction is not held back', async (t) => {
  const shaper = shaperOf(t, { user: { bytesPerSecond: 400_000, burst: 20_000 } })
  const { client, origin, ended } = await tunnel(t, shaper)
  const content = pattern(300_000)
  const started = performance.now()

  origin.end(content)
  const got = bytes(client)
  client.end('question')
  assert.equal((await bytes(origin)).toString(), 'question')
  assert.ok(performance.now() - started < 500)

  assert.ok((await got).equals(content))
  const took = performance.now() - started
  // 280,000 bytes after the burst.
  assert.ok(took > 600 && took < 3000, `${took} ms`)
  assert.deepEqual(await ended, { received: 8, sent: 300_000, reason: 'closed' })
})

test('what is held back when both sides have ended still arrives', async (t) => {
  const shaper = shaperOf(t, { user: { bytesPerSecond: 100_000, burst: 10_000 } })
  const { client, origin, ended } = await tunnel(t, shaper)
  const content = pattern(40_000)

  client.end('x')
  await bytes(origin)
  origin.end(content)

  assert.ok((await bytes(client)).equals(content))
  assert.deepEqual(await ended, { received: 1, sent: 40_000, reason: 'closed' })
})

test('tunnels of one user share its rate fairly over real sockets', async (t) => {
  const shaper = shaperOf(t, { total: { bytesPerSecond: 400_000, burst: 16_384 } })
  const tunnels = await Promise.all(['ann', 'bob', 'cid', 'dan'].map((user) => tunnel(t, shaper, user)))
  for (const { client, origin } of tunnels) {
    origin.write(pattern(2_000_000))
    client.resume()
  }

  await new Promise((resolve) => setTimeout(resolve, 1500))

  const sent = tunnels.map(({ joint }) => joint.sent)
  const all = sent.reduce((sum, one) => sum + one, 0)
  t.diagnostic(`${sent.join(', ')} bytes in 1.5 s`)
  assert.ok(all < 400_000 * 2.5 && all > 400_000 * 0.5, `${all}`)
  assert.ok(Math.max(...sent) < 1.5 * Math.min(...sent), sent.join(', '))
  for (const { joint } of tunnels) joint.close('drain')
  for (const { ended } of tunnels) assert.equal((await ended).reason, 'drain')
})

test('a tunnel that is held back holds no more than a chunk, and a reset frees it at once', async (t) => {
  const shaper = shaperOf(t, { user: { bytesPerSecond: 1000, burst: 1000 } })
  const { client, origin, ended } = await tunnel(t, shaper)
  client.resume()
  origin.on('error', () => {})
  origin.write(pattern(8_000_000))
  await once(client, 'data')

  client.resetAndDestroy()

  const { reason, sent } = await ended
  assert.equal(reason, 'error')
  assert.ok(sent < 20_000, `${sent}`)
})
