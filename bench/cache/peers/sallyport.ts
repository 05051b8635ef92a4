import { parseArgs } from 'node:util'
import Fastify, { type FastifyServerOptions } from 'fastify'
import sallyport, { serverOptions } from '../../../plugins/suite/index.ts'
import { ready } from '../../peers/entry.ts'

// `node sallyport.ts ORIGIN [--cache] [--max-bytes N] [--redis URL]`. With Redis it logs warnings on its standard output.
// Answers the messages `stats` and `purge` beside those of every process of the bench.

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    cache: { type: 'boolean', default: false },
    'max-bytes': { type: 'string' },
    redis: { type: 'string' },
  },
})
const origin = positionals[0]
if (origin === undefined) throw new Error('the URL of the origin is missing')
const { cache: cached, redis, 'max-bytes': maxBytes } = values
const logger = redis === undefined ? false : { level: 'info' }

const app = Fastify(serverOptions({ logger }) as FastifyServerOptions)
await app.register(sallyport, {
  observe: false,
  reverse: { upstream: origin, prefix: '/' },
  cache: cached && {
    ...(maxBytes === undefined ? {} : { memory: { maxBytes: Number(maxBytes) } }),
    ...(redis === undefined ? {} : { redis: { url: redis } }),
  },
})
await app.listen({ port: 0, host: '127.0.0.1' })
process.on('message', async (message) => {
  if (message === 'stats') process.send?.({ stats: app.httpCache.stats().store })
  if (message === 'purge') process.send?.({ purge: await app.httpCache.purge({ all: true }) })
})
ready(app.server)
