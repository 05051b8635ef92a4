import { parseArgs } from 'node:util'
import Fastify, { type FastifyServerOptions } from 'fastify'
import sallyport, { serverOptions } from '../../../plugins/suite/index.ts'
import { ready } from '../../peers/entry.ts'

const { positionals } = parseArgs({
  allowPositionals: true,
  options: { cache: { type: 'boolean', default: false } },
})
const origin = positionals[0]
if (origin === undefined) throw new Error('the URL of the origin is missing')

const app = Fastify(serverOptions() as FastifyServerOptions)
await app.register(sallyport, { observe: false, reverse: { upstream: origin, prefix: '/' } })
await app.listen({ port: 0, host: '127.0.0.1' })
ready(app.server)
