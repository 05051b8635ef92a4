// Proxied routes beside the app's own: by `config.proxy`, by `reply.proxy()` and by `reply.from()`.
import Fastify from 'fastify'
import { serverOptions } from '../plugins/kernel/index.ts'
import reverseProxy from '../plugins/reverse-proxy/index.ts'

const origin = process.env.ORIGIN ?? 'http://127.0.0.1:3000'

const app = Fastify(serverOptions())
// Without `upstream` nothing is mounted: this only makes the three ways below work.
await app.register(reverseProxy)

// The app's own route. Nothing is proxied here.
app.get('/health', async () => ({ ok: true }))

// Declared: read and checked once, at boot. `:id` and hooks work as on every route.
app.get(
  '/users/:id',
  { config: { proxy: { upstream: origin, timeouts: { firstByte: '2s' }, responseFields: { remove: ['server'] } } } },
  app.proxy.handler,
)

// Decided in a handler. The path is the raw one to send: never build it from decoded text.
app.get('/old', (_request, reply) => reply.proxy({ upstream: origin, path: '/new?from=old' }))

// @fastify/reply-from's own way, over the same connections.
app.get('/from', (_request, reply) => reply.from(`${origin}/from-reply-from`))

console.log(await app.listen({ port: Number(process.env.PORT ?? 8080) }))
