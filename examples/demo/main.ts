import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import balance, { type LivePool } from '../../plugins/balance/index.ts'
import kernel, { serverOptions } from '../../plugins/kernel/index.ts'
import observe from '../../plugins/observe/index.ts'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { idOf, instanceRoutes } from './instance-routes.ts'
import { onKey } from './keys.ts'
import { startLive } from './origins/live.ts'
import { startProcess } from './origins/process.ts'
import { startSite } from './origins/site.ts'
import { runUntilSignal } from './run-until-signal.ts'
import { tellPool } from './tell-pool.ts'

// Five real servers of three kinds, and sallyport in front of them. `PORT` moves it from 8080; 0 is any free port. An
// instance of the API that was killed comes back after `RESTART_AFTER` milliseconds.
const port = Number(process.env.PORT ?? 8080)
const restartAfter = Number(process.env.RESTART_AFTER ?? 10_000)
const tell = (text: string): void => console.log(`  ${text}`)
const site = await startSite()
const live = await startLive()
const apis = await Promise.all(['alpha', 'beta', 'gamma'].map((name) => startProcess(name, { restartAfter, tell })))

const app = Fastify(serverOptions())
await app.register(kernel, { drainTimeout: '2s' })
await app.register(observe, {
  accessLog: process.stdout.isTTY
    ? '{method} {target} -> {status} {upstream}, attempts: {attempts}, {duration} ms'
    : 'json',
})

// A pool: each instance is asked every second whether it is well; one that came back gets its share by and by.
// In turn, for that is easy to watch; the default policy prefers whoever is quick.
await app.register(balance, {
  pools: {
    api: {
      upstreams: apis.map(({ url }) => url),
      policy: 'round-robin',
      health: { path: '/api/health', interval: '1s' },
      slowStart: '10s',
    },
  },
})
const pool = app.proxy.pools.get('api') as LivePool
tellPool(
  pool,
  (id) => `${apis.find(({ url }) => idOf(url) === id)?.name} (${id})`,
  (text) => tell(`pool: ${text}`),
)
await app.register(reverseProxy, { prefix: '/api', pool: 'api' })
// `/live/events` becomes `/events`. WebSocket and Server-Sent Events need nothing of their own.
await app.register(reverseProxy, { prefix: '/live', rewritePrefix: '/', upstream: live.url })
// Port 9 is where nobody listens.
await app.register(reverseProxy, { prefix: '/nobody', upstream: 'http://127.0.0.1:9' })
await app.register(reverseProxy, { upstream: site.url })
// Routes of the app's own stand beside the proxied ones.
await app.register(instanceRoutes, { prefix: '/demo/instances', instances: apis, pool })

/** One of those that live, in turn. */
let last = 0
function killOne(): void {
  const alive = apis.filter(({ pid }) => pid !== undefined)
  alive[last++ % alive.length]?.kill()
}

await runUntilSignal({
  async start() {
    await app.listen({ host: '127.0.0.1', port })
    const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    console.log(`
  sallyport  ${url}   <- open this one

  behind it  ${site.url}   the site
             ${apis.map((api) => `${api.url}   the API, ${api.name}, pid ${api.pid}`).join('\n             ')}
             ${live.url}   slow and flaky, with WebSocket and SSE

  try        curl ${url}/api/whoami
             curl -i ${url}/live/flaky
             curl -N ${url}/live/events

  kill one   kill -9 ${apis[1]?.pid}${process.stdin.isTTY ? '   or press k' : ''}
             curl -X POST ${url}/demo/instances/beta/kill
             No GET fails; it comes back in ${restartAfter / 1000} s and gets its share by and by.

  Ctrl-C drains and ends.
`)
    onKey((key) => {
      if (key === 'k') killOne()
    })
  },
  async stop() {
    await app.close()
    await Promise.all([site, live, ...apis].map((origin) => origin.stop()))
  },
  port,
})
