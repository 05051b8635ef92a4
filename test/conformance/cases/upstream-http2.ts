import { strict as assert } from 'node:assert'
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Case } from '../harness/case.ts'
import { http2Origin } from '../harness/http2-origin.ts'
import { get, post } from '../harness/origin.ts'
import { until } from '../harness/patience.ts'

/** Origins that speak HTTP/2. */
export const upstreamHttp2: readonly Case[] = [
  {
    id: 'h2-up-get-post',
    title: 'GET and POST reach an HTTP/2 origin',
    source: 'complaint 46, RFC 9113 8',
    async run(ctx) {
      const { url } = await http2Origin(ctx, (stream, path) => {
        let body = ''
        stream.setEncoding('latin1')
        stream.on('data', (text: string) => {
          body += text
        })
        stream.on('end', () => {
          stream.respond({ ':status': 200 })
          stream.end(`${path} ${body}`)
        })
      })
      await ctx.start({ upstreamHttp2: true }, url)
      assert.equal((await ctx.ask(get('/a?b'))).body, '/a?b ')
      assert.equal((await ctx.ask(post('/c', 'hello'))).body, '/c hello')
    },
  },
  {
    id: 'h2-up-cancelled',
    title: '200 requests that clients give up leave no stream open at an HTTP/2 origin',
    source: 'complaint 2, fastify/fastify-reply-from#424',
    async run(ctx) {
      const open = new Set<ServerHttp2Stream>()
      const { url } = await http2Origin(ctx, (stream, path) => {
        if (path === '/') {
          stream.respond({ ':status': 200 })
          stream.end('ok')
          return
        }
        open.add(stream)
        stream.on('close', () => open.delete(stream))
      })
      await ctx.start({ upstreamHttp2: true }, url)
      for (let round = 0; round < 4; round++) {
        const clients = await Promise.all(Array.from({ length: 50 }, () => ctx.connect()))
        for (const client of clients) client.send(get('/held'))
        await until(() => open.size >= 50, '50 streams at the origin')
        for (const client of clients) client.reset()
        await until(() => open.size === 0, 'the end of all streams')
      }
      assert.equal((await ctx.ask(get('/'))).body, 'ok')
    },
  },
  {
    id: 'h2-up-goaway',
    title: 'After GOAWAY of the origin the next request is served',
    source: 'complaint 8, fastify/fastify-reply-from#409, RFC 9113 6.8',
    async run(ctx) {
      const { url, sessions } = await http2Origin(ctx, (stream) => {
        stream.respond({ ':status': 200 })
        stream.end('ok')
      })
      await ctx.start({ upstreamHttp2: true }, url)
      const client = await ctx.connect()
      for (let i = 0; i < 5; i++) {
        assert.equal((await client.ask(get('/'))).body, 'ok', `request ${i}`)
        for (const session of sessions) session.goaway(constants.NGHTTP2_NO_ERROR)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
  },
  {
    id: 'h2-up-reset',
    title: 'RST_STREAM of the origin before an answer is 502, and the session serves on',
    source: 'F146, complaint 8, RFC 9113 5.4.2',
    async run(ctx) {
      const { url } = await http2Origin(ctx, (stream, path) => {
        if (path === '/reset') return stream.destroy(new Error('on purpose'))
        stream.respond({ ':status': 200 })
        stream.end('ok')
      })
      await ctx.start({ upstreamHttp2: true }, url)
      assert.equal((await ctx.ask(get('/reset'))).status, 502)
      assert.equal((await ctx.ask(get('/'))).body, 'ok')
    },
  },
  {
    id: 'h2-up-broken',
    title: 'RST_STREAM in the middle of an answer breaks the connection of the client',
    source: 'F148, complaint 3, RFC 9113 8.1',
    async run(ctx) {
      const { url } = await http2Origin(ctx, (stream) => {
        stream.respond({ ':status': 200 })
        stream.write('hello', () => setTimeout(() => stream.destroy(new Error('on purpose')), 20))
      })
      await ctx.start({ upstreamHttp2: true }, url)
      const client = await ctx.connect()
      client.send(get('/'))
      const answer = await client.responseOrClose()
      assert.ok(
        answer === undefined || !answer.complete || answer.status === 502,
        'the client was told that the answer is whole',
      )
    },
  },
  {
    id: 'h2-up-status-trailers',
    title: 'Trailers such as grpc-status pass from an HTTP/2 origin to an HTTP/2 client',
    source: 'complaint 2, RFC 9113 8.1',
    async run(ctx) {
      const { connect } = await import('node:http2')
      const { url } = await http2Origin(ctx, (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '7' }))
        stream.end('ok')
      })
      const proxy = await ctx.start({ inbound: 'http2', upstreamHttp2: true }, url)
      const session = connect(`http://127.0.0.1:${proxy.port}`)
      session.on('error', () => {})
      ctx.defer(() => session.destroy())
      const request = session.request({
        ':method': 'POST',
        ':path': '/svc/call',
        te: 'trailers',
        'content-type': 'application/grpc',
      })
      let status: unknown
      let isOver = false
      request.on('trailers', (trailers) => {
        status = trailers['grpc-status']
      })
      request.on('error', () => {})
      request.on('close', () => {
        isOver = true
      })
      request.resume()
      request.end('hello')
      await until(() => isOver, 'the end of the call')
      assert.equal(status, '7')
    },
  },
]
