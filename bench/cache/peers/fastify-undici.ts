import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'
import { Agent, cacheStores, interceptors } from 'undici'
import { readEntry, ready } from '../../peers/entry.ts'

// @fastify/http-proxy takes any dispatcher with a `request` of its own in its undici option.
const { origin } = readEntry()
const agent = new Agent().compose(interceptors.cache({ store: new cacheStores.MemoryCacheStore(), type: 'shared' }))
const app = Fastify()
// Its types know an undici of their own, an older one.
await app.register(httpProxy, { upstream: origin, undici: agent as never })
await app.listen({ port: 0, host: '127.0.0.1' })
ready(app.server)
