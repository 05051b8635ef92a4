// The least there is: everything that comes to this server goes to ORIGIN and back.
import Fastify from 'fastify'
import { serverOptions } from '../plugins/kernel/index.ts'
import reverseProxy from '../plugins/reverse-proxy/index.ts'

const app = Fastify(serverOptions())
await app.register(reverseProxy, { upstream: process.env.ORIGIN ?? 'http://127.0.0.1:3000' })
console.log(await app.listen({ port: Number(process.env.PORT ?? 8080) }))
