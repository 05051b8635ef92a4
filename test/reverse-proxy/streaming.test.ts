import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { startOrigin } from '../support/app.ts'
import { openGate, proxyTo } from './support/gate.ts'
import { eventually, rawOrigin, say } from './support/wire.ts'

const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'
const get = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

for (const hooks of [false, true]) {
  const way = hooks ? ', with onSend hooks too' : ''

  test(`events pass one by one, the bare head first${way}`, async (t) => {
    const origin = await rawOrigin(t, (socket) => socket.write(head))
    const gate = await proxyTo(t, { upstream: origin.url }, { hooks })

    const client = await say(t, gate.port, get)
    // With hooks the head waits for the first byte: Fastify pipes, and a pipe writes no head alone.
    if (!hooks) await client.until(/text\/event-stream[\s\S]*\r\n\r\n$/)
    const { socket, until } = await origin.connection(0)
    await until(/\r\n\r\n/)
    for (const event of ['one', 'two', 'three']) {
      socket.write(`data: ${event}\n\n`)
      await client.until(new RegExp(`data: ${event}\n\n`))
    }
  })
}

test('events pass one by one to an HTTP/2 client', async (t) => {
  const origin = await rawOrigin(t, (socket) => socket.write(head))
  const gate = await proxyTo(t, { upstream: origin.url }, { server: { http2: true } })
  const session = http2.connect(gate.url)
  t.after(() => session.destroy())

  const stream = session.request({ ':path': '/' })
  await once(stream, 'response')
  const { socket } = await origin.connection(0)
  for (const event of ['one', 'two']) {
    socket.write(`data: ${event}\n\n`)
    const [chunk] = await once(stream, 'data')
    assert.equal(String(chunk), `data: ${event}\n\n`)
  }
})

for (const way of ['HTTP/1.1', 'HTTP/1.1 with onSend hooks', 'HTTP/2']) {
  test(`large answers to many that read by fits and starts arrive byte for byte, over ${way}`, async (t) => {
    const bodies = Array.from({ length: 6 }, (_, i) => randomBytes(1_500_000 + i * 300_000))
    const { url } = await startOrigin(t, (request, response) => {
      const at = Number(request.url?.at(1))
      const body = bodies[at] as Buffer
      if (at % 2 === 0) response.setHeader('content-length', body.length)
      for (let from = 0, size = 11; from < body.length; from += size, size = (size * 7) % 150_001) {
        response.write(body.subarray(from, from + size))
      }
      response.end()
    })
    const h2 = way === 'HTTP/2'
    const gate = await proxyTo(t, { upstream: url }, { hooks: way.endsWith('hooks'), server: { http2: h2 } })
    const session = h2 ? http2.connect(gate.url) : undefined
    t.after(() => session?.destroy())

    const digests = await Promise.all(
      bodies.map(async (_, at) => {
        const stream =
          session?.request({ ':path': `/${at}` }) ??
          ((await once(http.get(`${gate.url}/${at}`), 'response'))[0] as http.IncomingMessage)
        const hash = createHash('sha1')
        let pieces = 0
        for await (const piece of stream) {
          hash.update(piece)
          if (++pieces % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
        }
        return hash.digest('hex')
      }),
    )

    assert.deepEqual(
      digests,
      bodies.map((body) => createHash('sha1').update(body).digest('hex')),
    )
  })
}

test('a chunk of an upload passes at once, before the upload is over', async (t) => {
  const origin = await rawOrigin(t)
  const gate = await proxyTo(t, { upstream: origin.url })

  const client = await say(t, gate.port, 'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n')
  client.socket.write('3\r\none\r\n')
  const upstream = await origin.connection(0)
  await upstream.until(/one/)
  client.socket.write('3\r\ntwo\r\n')
  await upstream.until(/two/)
})

const piece = Buffer.alloc(64 * 1024)
/** Far more than what all sockets of the way can hold. */
const much = 96 * 1024 * 1024

for (const way of ['HTTP/1.1', 'HTTP/1.1 with onSend hooks', 'HTTP/2']) {
  test(`a client that does not read holds the upstream back, over ${way}`, async (t) => {
    let written = 0
    let full = false
    const origin = await rawOrigin(t, async (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${much}\r\n\r\n`)
      while (written < much && !socket.destroyed) {
        written += piece.length
        if (!socket.write(piece)) {
          const drained = once(socket, 'drain').then(
            () => true,
            () => true,
          )
          full = !(await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, 1000, false))]))
          if (full) return
        }
      }
    })
    const gate = await proxyTo(
      t,
      { upstream: origin.url },
      { hooks: way.endsWith('hooks'), server: { http2: way === 'HTTP/2' } },
    )

    if (way === 'HTTP/2') {
      const session = http2.connect(gate.url)
      t.after(() => session.destroy())
      session.request({ ':path': '/' }).pause()
    } else {
      const client = await say(t, gate.port, get)
      client.socket.pause()
    }

    await eventually(() => full || written >= much, 'the origin is held back')
    assert.ok(full && written < much / 2, `${written} bytes were taken`)
  })
}

test('an upstream that does not read holds the client back', async (t) => {
  const origin = await rawOrigin(t, (socket) => socket.pause())
  const gate = await proxyTo(t, { upstream: origin.url })
  const client = await say(t, gate.port, `POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${much}\r\n\r\n`)

  let written = 0
  let full = false
  while (written < much && !full) {
    written += piece.length
    if (client.socket.write(piece)) continue
    const drained = once(client.socket, 'drain').then(() => true)
    full = !(await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, 1000, false))]))
  }

  assert.ok(full && written < much / 2, `${written} bytes were taken`)
})

test('a client that an unreading upstream holds back is not blamed for a slow upload', async (t) => {
  const origin = await rawOrigin(t, (socket) => socket.pause())
  const minUploadRate = { bytesPerSecond: 4_000_000, grace: 500 }
  const gate = await proxyTo(t, { upstream: origin.url, minUploadRate, timeouts: { total: 4500 } })
  const client = await say(t, gate.port, `POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${much}\r\n\r\n`)

  client.socket.write(Buffer.alloc(much / 2))

  assert.match(await client.until(/"code":"SP_\w+"/), /SP_TOTAL_TIMEOUT/)
})

test('a middleware that has its own write(), keeps what it is given and calls nobody back gets every byte', async (t) => {
  const content = randomBytes(3_000_000)
  const origin = await startOrigin(t, (_request, response) => response.end(content))
  const gate = await openGate(t, async (app) => {
    app.addHook('onRequest', async (_request, reply) => {
      const { raw } = reply
      const write = raw.write.bind(raw)
      const end = raw.end.bind(raw)
      // As compression() and its like do: the encoder holds what it is given for as long as it works on it.
      const encoder = new PassThrough()
      const held: Buffer[] = []
      raw.write = ((chunk: Buffer) => {
        held.push(chunk)
        return false
      }) as typeof raw.write
      const timer = setInterval(() => {
        for (const chunk of held.splice(0)) encoder.write(chunk)
        raw.emit('drain')
      }, 2)
      raw.once('close', () => clearInterval(timer))
      raw.end = ((chunk?: Buffer) => {
        for (const one of held.splice(0)) encoder.write(one)
        encoder.end(chunk)
        return raw
      }) as typeof raw.end
      encoder.on('data', (chunk) => write(chunk))
      encoder.on('end', () => end())
    })
    await app.register(reverseProxy, { upstream: origin.url })
  })

  const answer = await fetch(gate.url, { signal: AbortSignal.timeout(5000) })

  assert.ok(Buffer.from(await answer.arrayBuffer()).equals(content))
})
