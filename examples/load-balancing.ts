// One pool over several origins: who fails or slows down loses its traffic, who comes back gets it by and by.
import Fastify from 'fastify'
import balance from '../plugins/balance/index.ts'
import { serverOptions } from '../plugins/kernel/index.ts'
import reverseProxy from '../plugins/reverse-proxy/index.ts'

const origins = (process.env.ORIGINS ?? 'http://127.0.0.1:3000 http://127.0.0.1:3001').split(' ')

// The logger has one line for each upstream that goes down, is ejected, or comes back.
const app = Fastify(serverOptions({ logger: true, disableRequestLogging: true }))
await app.register(balance, {
  pools: {
    api: {
      upstreams: origins,
      // Asked every two seconds. Without it, only what clients meet tells how an origin is.
      health: { path: '/healthz', interval: '2s' },
      slowStart: '10s',
      // Connections that fail move on by themselves. These do too, for methods that may be sent twice; never a POST.
      retry: { on: ['reset', '503'] },
      // More than 200 at a time wait for their turn, a second at most.
      maxRequests: 200,
      queue: { size: 500, timeout: '1s' },
    },
  },
})
await app.register(reverseProxy, { pool: 'api' })

// The pool can be changed while it runs. Keep such routes to yourself.
const pool = app.proxy.pools.get('api')
app.get('/pool', async () => pool?.list())
app.post<{ Params: { id: string } }>('/pool/:id/drain', async ({ params }) => pool?.drain(params.id))
app.post<{ Params: { id: string } }>('/pool/:id/ready', async ({ params }) => pool?.ready(params.id))

console.log(await app.listen({ port: Number(process.env.PORT ?? 8080) }))
