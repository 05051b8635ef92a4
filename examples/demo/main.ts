import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import kernel, { serverOptions } from '../../plugins/kernel/index.ts'
import observe from '../../plugins/observe/index.ts'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { instanceRoutes } from './instance-routes.ts'
import { startApi } from './origins/api.ts'
import { startLive } from './origins/live.ts'
import { startSite } from './origins/site.ts'
import { runUntilSignal } from './run-until-signal.ts'

// Five real servers of three kinds, and sallyport in front of them. `PORT` moves it from 8080; 0 is any free port.
const port = Number(process.env.PORT ?? 8080)
const site = await startSite()
const live = await startLive()
const apis = await Promise.all(['alpha', 'beta', 'gamma'].map((name) => startApi(name)))

const app = Fastify(serverOptions())
await app.register(kernel, { drainTimeout: '2s' })
await app.register(observe, { accessLog: process.stdout.isTTY ? 'combined' : 'json' })

// A pool: in turn, and where one does not accept a connection, the next one.
await app.register(reverseProxy, { prefix: '/api', upstream: apis.map(({ url }) => url) })
// `/live/events` becomes `/events`. WebSocket and Server-Sent Events need nothing of their own.
await app.register(reverseProxy, { prefix: '/live', rewritePrefix: '/', upstream: live.url })
// Port 9 is where nobody listens.
await app.register(reverseProxy, { prefix: '/nobody', upstream: 'http://127.0.0.1:9' })
await app.register(reverseProxy, { upstream: site.url })
// Routes of the app's own stand beside the proxied ones.
await app.register(instanceRoutes, { prefix: '/demo/instances', instances: apis })

await runUntilSignal({
  async start() {
    await app.listen({ host: '127.0.0.1', port })
    const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    console.log(`
  sallyport  ${url}   <- open this one

  behind it  ${site.url}   the site
             ${apis.map((api) => `${api.url}   the API, ${api.name}`).join('\n             ')}
             ${live.url}   slow and flaky, with WebSocket and SSE

  try        curl ${url}/api/whoami
             curl -i ${url}/live/flaky
             curl -N ${url}/live/events

  Ctrl-C drains and ends.
`)
  },
  async stop() {
    await app.close()
    await Promise.all([site, live, ...apis].map((origin) => origin.stop()))
  },
  port,
})
