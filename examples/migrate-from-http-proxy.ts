// A registration of @fastify/http-proxy, and the same in sallyport. The tables are in docs/migration.md.
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import kernel, { serverOptions } from '../plugins/kernel/index.ts'
import reverseProxy from '../plugins/reverse-proxy/index.ts'

const origin = process.env.ORIGIN ?? 'http://127.0.0.1:3000'

// Before:
//
//   const app = Fastify({ trustProxy: '10.0.0.0/8' })
//   app.register(httpProxy, {
//     upstream: origin,
//     prefix: '/api',                       // taken off the path by default
//     websocket: true,
//     http2: false,
//     preHandler: authenticate,
//     replyOptions: {
//       rewriteRequestHeaders: (request, headers) => ({ ...headers, 'x-from': request.ip }),
//       rewriteHeaders: ({ server, ...headers }) => headers,
//       getUpstream: (request) => tenants[request.headers.host] ?? origin,
//     },
//   })

const app = Fastify(serverOptions())
await app.register(kernel, { trustedProxies: ['10.0.0.0/8'] })

const tenants: Readonly<Record<string, string>> = { 'a.test': origin }

await app.register(reverseProxy, {
  upstream: ({ exchange }) => tenants[exchange.target.host] ?? origin,
  prefix: '/api',
  // Without it the prefix stays in the path.
  rewritePrefix: '',
  // The upstream's own host name, as @fastify/http-proxy sends. The default is the client's.
  host: 'upstream',
  requestFields: { set: { 'x-from': '{client.ip}' } },
  responseFields: { remove: ['server'] },
  preHandler: authenticate,
  // WebSocket, HTTP/2 from clients, trailers, 103 and every method are on by themselves.
})

async function authenticate(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  if (request.headers.authorization === undefined) return reply.code(401).send({ error: 'who are you?' })
  return undefined
}

console.log(await app.listen({ port: Number(process.env.PORT ?? 8080) }))
