import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import balance from '../../plugins/balance/index.ts'
import cachePlugin from '../../plugins/cache/index.ts'
import kernel, { serverOptions } from '../../plugins/kernel/index.ts'
import observe from '../../plugins/observe/index.ts'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { systemClock } from '../contract/clock.ts'
import { logLevel } from '../observe/access-log.ts'
import { standardSink } from '../observe/standard-sink.ts'
import { openCacheControl, tellCache } from './cache-serve.ts'
import { exitCodes, listenError } from './errors.ts'
import { urlOf } from './listen-address.ts'
import { probe } from './probe.ts'
import type { ReverseSettings } from './reverse-settings.ts'
import { tellPool } from './tell-pool.ts'
import { untilSignal } from './until-signal.ts'

const probeTimeout = 2000

/**
 * Listens, says so, serves until a signal, drains. Gives the exit code.
 * @throws CliError when it cannot listen
 */
export async function serveReverse(settings: ReverseSettings): Promise<number> {
  const app = await createApp(settings)
  const { host, port } = settings.listen
  // Before the server listens: a signal that comes from then on is an ordered end.
  const signal = untilSignal()
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw listenError(error as NodeJS.ErrnoException, host, port)
  }

  const { port: boundPort } = app.server.address() as AddressInfo
  const url = urlOf({ host, port: boundPort })
  say(`${url} -> ${settings.urls.join(', ')}`)
  say(`try: curl -i ${url}/    end: Ctrl-C`)
  warn(settings)
  const closeControl = await openCacheControl(app, settings.cache, boundPort, say)

  await signal
  say(`ending; what is in flight may finish, for ${settings.drainTimeout / 1000} s at most (again: end at once)`)
  await closeControl()
  await app.close()
  return exitCodes.ok
}

async function createApp(settings: ReverseSettings): Promise<FastifyInstance> {
  const { urls, weights, policy, health, cache, http2, insecure } = settings
  const { host, requestFields, responseFields, accessLog, trustedProxies, drainTimeout } = settings
  const app = Fastify(serverOptions())
  await app.register(kernel, { trustedProxies, drainTimeout })
  await app.register(observe, {
    accessLog,
    onDrop: (dropped) => say(`warning: ${dropped} lines of the access log lost: nobody reads them fast enough`),
  })
  if (accessLog !== 'json') await logFailures(app)
  await app.register(balance, {
    pools: {
      servers: {
        upstreams: urls.map((url, i) => ({ url, weight: weights[i] as number })),
        ...(policy === undefined ? {} : { policy }),
        ...(health === undefined ? {} : { health }),
        http2,
        ...(insecure ? { tls: { rejectUnauthorized: false } } : {}),
      },
    },
  })
  const pool = app.proxy.pools.get('servers')
  if (pool !== undefined) tellPool(pool, health, say)
  if (cache !== undefined) {
    tellCache(app, say)
    await app.register(cachePlugin, cache.options)
  }
  await app.register(reverseProxy, { pool: 'servers', host, requestFields, responseFields })
  return app
}

/** A line of text has no room for why an exchange failed: that goes to standard error. JSON has it already. */
async function logFailures(app: FastifyInstance): Promise<void> {
  const sink = standardSink(2, { maxPending: 64 * 1024, clock: systemClock })
  await app.register(observe, {
    accessLog: 'sallyport: {method} {target}: {status} {error}, {cause}',
    destination: sink,
    skip: (exchange) => logLevel(exchange) === 'info',
  })
  app.addHook('onClose', () => sink.close())
}

function warn({ upstreams, urls, insecure, health }: ReverseSettings): void {
  if (insecure) say('warning: certificates of the servers are not checked (--insecure-upstream)')
  // The checks say it too, and better.
  if (health !== undefined) return
  upstreams.forEach(async (upstream, i) => {
    const reason = await probe(upstream, probeTimeout)
    if (reason === undefined) return
    say(`warning: nothing answers at ${urls[i]} (${reason}). Requests get 502 until something does.`)
  })
}

function say(text: string): void {
  process.stderr.write(`sallyport: ${text}\n`)
}
