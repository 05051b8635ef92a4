import Fastify from 'fastify'
import { serverOptions } from '../../../plugins/kernel/index.ts'
import observe from '../../../plugins/observe/index.ts'
import reverseProxy from '../../../plugins/reverse-proxy/index.ts'
import { readEntry, ready } from '../entry.ts'

const entry = readEntry()
const app = Fastify(serverOptions(entry.http2 ? { http2: true } : {}))
if (entry.accessLog) await app.register(observe, { accessLog: 'json' })
await app.register(reverseProxy, { upstream: entry.origin, prefix: '/' })
await app.listen({ port: 0, host: '127.0.0.1' })
ready(app.server)
