import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import type { Context } from '../harness/context.ts'
import { get, ok, post } from '../harness/origin.ts'
import { quiet, until } from '../harness/patience.ts'

/** The client leaves when the origin is at `state`; the origin must learn it at once. */
function leaving(id: string, state: string, source: string, begin: (ctx: Context) => Promise<() => void>): Case {
  return {
    id,
    title: `A client that leaves ${state} ends the upstream exchange at once`,
    source,
    async run(ctx) {
      const leave = await begin(ctx)
      const { connection } = ctx.origin.requests.at(-1) ?? (await ctx.origin.request())
      leave()
      await until(() => connection.ended, 'the end of the upstream connection', 500)
      ctx.origin.answer = ok('ok')
      assert.equal((await ctx.ask(get('/'))).status, 200)
    },
  }
}

/** Clients that leave, are slow, or are many. */
export const clientFaults: readonly Case[] = [
  leaving(
    'leaves-waiting',
    'while it waits for the answer',
    'G165, complaint 1, fastify/fastify-reply-from#419',
    async (ctx) => {
      ctx.origin.answer = () => {}
      const client = await ctx.connect()
      client.send(get('/'))
      await ctx.origin.request()
      return () => client.reset()
    },
  ),
  leaving('leaves-uploading', 'in the middle of its upload', 'G165, complaint 27', async (ctx) => {
    ctx.origin.answer = () => {}
    const client = await ctx.connect()
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\nhello')
    await ctx.origin.request()
    await until(() => ctx.origin.received.includes('hello'), 'the first bytes of the body')
    return () => client.leave()
  }),
  leaving('leaves-downloading', 'in the middle of the answer', 'G165, complaint 28', async (ctx) => {
    ctx.origin.answer = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello'
    const client = await ctx.connect()
    client.send(get('/'))
    await client.head()
    return () => client.leave()
  }),
  {
    id: 'leaves-many',
    title: '200 clients that leave at once leave no connection to the origin behind, and nothing crashes',
    source: 'G165, complaint 25, complaint 27, fastify/fast-proxy#35',
    async run(ctx) {
      ctx.origin.answer = (request) => {
        if (ctx.origin.requests.length % 2 === 0) request.reply('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello')
      }
      const clients = await Promise.all(Array.from({ length: 200 }, () => ctx.connect()))
      for (const client of clients) client.send(get('/'))
      await until(() => ctx.origin.requests.length >= 200, '200 requests at the origin', 3000)
      for (const client of clients) client.reset()
      await until(() => ctx.origin.connections.every(({ ended }) => ended), 'the end of all upstream connections', 1000)
      ctx.origin.answer = ok('ok')
      assert.equal((await ctx.ask(get('/'))).status, 200)
    },
  },
  {
    id: 'slow-reader',
    title: 'A client that reads nothing of 100 MB makes the origin wait',
    source: 'G166, complaint 38',
    limit: 10_000,
    async run(ctx) {
      let taken = 0
      ctx.origin.answer = (request) => {
        request.reply('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n')
        const piece = Buffer.alloc(100_000, 120)
        for (let i = 0; i < 1000; i++) {
          request.connection.socket.write(piece, () => {
            taken += piece.length
          })
        }
      }
      const client = await ctx.connect()
      client.socket.pause()
      client.send(get('/'))
      await ctx.origin.request()
      let before = -1
      while (before !== taken) {
        before = taken
        await quiet(300)
      }
      assert.ok(taken < 20e6, `the proxy took ${Math.round(taken / 1e6)} MB that nobody read`)
    },
  },
  {
    id: 'slow-origin-upload',
    title: 'An origin that reads nothing of an upload makes the client wait',
    source: 'G166, complaint 38, expressjs/express-http-proxy#27',
    limit: 10_000,
    async run(ctx) {
      ctx.origin.onConnection = ({ socket }) => setImmediate(() => socket.pause())
      ctx.origin.answer = ({ connection }) => connection.socket.pause()
      const client = await ctx.connect()
      let taken = 0
      client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000000\r\n\r\n')
      const piece = Buffer.alloc(100_000, 120)
      for (let i = 0; i < 1000; i++) {
        client.socket.write(piece, () => {
          taken += piece.length
        })
      }
      let before = -1
      while (before !== taken) {
        before = taken
        await quiet(300)
      }
      assert.ok(taken < 20e6, `the proxy took ${Math.round(taken / 1e6)} MB that nobody read`)
    },
  },
  {
    id: 'large-bodies',
    title: '32 MB pass in each direction with less than 64 MB of growth',
    source: 'complaint 38, expressjs/express-http-proxy#153',
    limit: 20_000,
    async run(ctx) {
      const size = 32_000_000
      const piece = Buffer.alloc(1_000_000, 120)
      ctx.origin.answer = (request) => {
        if (request.message.method === 'GET') {
          request.reply(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
          for (let i = 0; i < 32; i++) request.reply(piece)
        } else void request.ended(15_000).then(({ length }) => request.reply(ok(String(length))))
      }
      const proxy = await ctx.start()
      const pass = async (): Promise<void> => {
        assert.equal((await ctx.ask(get('/'), 15_000)).length, size)
        const client = await ctx.connect()
        client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${size}\r\n\r\n`)
        for (let i = 0; i < 32; i++) client.socket.write(piece)
        assert.equal((await client.response(15_000)).body, String(size))
      }
      // V8 lets so much garbage lie before it collects for the first time, whatever a proxy does.
      await pass()
      const before = await proxy.memory()
      await pass()
      const grown = ((await proxy.memory()) - before) / 1e6
      assert.ok(grown < 64, `grew by ${Math.round(grown)} MB`)
    },
  },
  {
    id: 'slow-heads',
    title: '200 connections that never finish their head hold nobody up, and are closed in time',
    source: 'G167, CVE-2007-6750',
    async run(ctx) {
      await ctx.start({ clientTimeouts: { head: 500 } })
      const slow = await Promise.all(Array.from({ length: 200 }, () => ctx.connect()))
      for (const client of slow) client.send('GET / HTTP/1.1\r\nHost: a.test\r\nX-A:')
      const began = performance.now()
      assert.equal((await ctx.ask(get('/'))).status, 200)
      assert.ok(performance.now() - began < 300, `another client waited ${Math.round(performance.now() - began)} ms`)
      await until(() => slow.every(({ ending }) => ending !== 'open'), 'the end of all slow connections', 3000)
    },
  },
  {
    id: 'slow-body',
    title: 'An upload of a byte now and then is ended in time (408), upstream too',
    source: 'G168, RFC 9110 15.5.9',
    async run(ctx) {
      await ctx.start({ clientTimeouts: { body: 500 } })
      const client = await ctx.connect()
      client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\n')
      const drip = setInterval(() => client.send('x'), 50)
      ctx.defer(() => clearInterval(drip))
      await until(() => client.ending !== 'open' || client.answers.length > 0, 'an answer or the end', 3500)
      const answer = client.answers[0]
      assert.ok(answer === undefined || [408, 400].includes(answer.status), `answered ${answer?.startLine}`)
      await until(() => ctx.origin.connections.every(({ ended }) => ended), 'the end of the upload upstream', 1000)
    },
  },
  {
    id: 'paused-body',
    title: 'A head now and the body never: the exchange is ended in time, upstream too',
    source: 'A27, RFC 9110 15.5.9',
    async run(ctx) {
      await ctx.start({ clientTimeouts: { body: 500 } })
      const client = await ctx.connect()
      client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 36\r\n\r\n')
      await until(() => client.ending !== 'open' || client.answers.length > 0, 'an answer or the end', 3500)
      client.send('GET /evil HTTP/1.1\r\nHost: a.test\r\n\r\n')
      await quiet(50)
      assert.ok(
        ctx.origin.requests.every(({ message }) => message.target !== '/evil'),
        'the late body became a request',
      )
      await until(() => ctx.origin.connections.every(({ ended }) => ended), 'the end of the upload upstream', 1000)
    },
  },
  {
    id: 'idle-connections',
    title: '200 idle connections hold nobody up',
    source: 'G169',
    async run(ctx) {
      await Promise.all(Array.from({ length: 200 }, () => ctx.connect()))
      const began = performance.now()
      assert.equal((await ctx.ask(get('/'))).status, 200)
      assert.ok(performance.now() - began < 300)
    },
  },
  {
    id: 'reset-at-every-byte',
    title: 'A reset after any byte of a request does no harm',
    source: 'G170, complaint 25',
    async run(ctx) {
      const bytes = post('/path?query', '0123456789', 'X-A: b')
      for (let i = 0; i <= bytes.length; i++) {
        const client = await ctx.connect()
        client.send(bytes.slice(0, i))
        await new Promise((resolve) => setImmediate(resolve))
        client.reset()
      }
      assert.equal((await ctx.ask(get('/'))).status, 200)
    },
  },
]
