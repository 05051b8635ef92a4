// A shared cache in front of an origin: what many visitors ask for is fetched once.
import Fastify from 'fastify'
import cache from '../plugins/cache/index.ts'
import { serverOptions } from '../plugins/kernel/index.ts'
import reverseProxy from '../plugins/reverse-proxy/index.ts'

const upstream = process.env.ORIGIN ?? 'http://127.0.0.1:3000'

const app = Fastify(serverOptions())
await app.register(cache, {
  memory: { maxBytes: '256MiB' },
  // Links from campaigns ask for the same page.
  key: { query: { ignore: ['@tracking'] } },
  // An old page at once, a new one for the next visitor; an old one too while the origin fails.
  staleWhileRevalidate: '30s',
  staleIfError: '1h',
  // Who is signed in sees pages of their own.
  bypass: { cookies: ['session'] },
})

// What the origin says of its pages is kept to. Where it says nothing, this route does.
await app.register(reverseProxy, { upstream })
app.get('/images/*', { config: { proxy: { upstream, cache: { defaultTtl: '1d' } } } }, app.proxy.handler)
app.get('/account/*', { config: { proxy: { upstream, cache: false } } }, app.proxy.handler)

// Keep such routes to yourself.
app.get('/-/cache', async () => app.httpCache.stats())
app.post<{ Params: { tag: string } }>('/-/purge/:tag', async ({ params: { tag } }) => ({
  purged: await app.httpCache.purge({ tag }),
}))

console.log(await app.listen({ port: Number(process.env.PORT ?? 8080) }))
