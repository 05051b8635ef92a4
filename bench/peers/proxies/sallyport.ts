import Fastify, { type FastifyServerOptions } from 'fastify'
import { serverOptions } from '../../../plugins/kernel/index.ts'
import reverseProxy from '../../../plugins/reverse-proxy/index.ts'
import { readEntry, ready } from '../entry.ts'

const { origin, http2, accessLog } = readEntry()
const app = Fastify(serverOptions(http2 ? { http2 } : {}) as FastifyServerOptions)
if (accessLog) {
  const { default: observe } = await import('../../../plugins/observe/index.ts')
  await app.register(observe, { accessLog: 'json' })
}
await app.register(reverseProxy, { upstream: origin, prefix: '/' })
await app.listen({ port: 0, host: '127.0.0.1' })
ready(app.server)
