import { createSecureContext } from 'node:tls'
import type { FastifyRequest } from 'fastify'
import { createPool } from '../../src/balance/pool.ts'
import { flag, knownKeys, OptionError } from '../../src/contract/options.ts'
import type { Pool, Upstream, UpstreamTls } from '../../src/contract/pool.ts'
import type { Scope } from '../kernel/scope.ts'
import type { ProxyRouteOptions, UpstreamChooser } from './options.ts'

/** Where a route sends: a pool, or what a function says for each request. */
export interface Destination {
  readonly pool: Pool | undefined
  readonly choose: ((request: FastifyRequest) => Upstream | Promise<Upstream>) | undefined
}

/** @throws OptionError for anything that cannot work */
export function readUpstream(scope: Scope, options: ProxyRouteOptions): Destination {
  const { upstream, pool: name, weights } = options
  const { upstreams } = scope
  const settings = { http2: flag('http2', options.http2, false), tls: readTls(options.tls) }
  if ((upstream === undefined) === (name === undefined)) {
    throw new OptionError(
      'upstream',
      upstream,
      "give 'upstream' (a URL, a list or a function) or 'pool' (a name), one of them",
    )
  }
  if (weights !== undefined && (name !== undefined || typeof upstream === 'function')) {
    throw new OptionError('weights', weights, "they go with a list of URLs in 'upstream'")
  }
  if (name !== undefined) return { pool: poolNamed(scope, name), choose: undefined }
  if (typeof upstream === 'function') {
    const choose = upstream as UpstreamChooser
    return {
      pool: undefined,
      choose(request) {
        const chosen = choose(request)
        if (typeof chosen === 'string') return upstreams.get(chosen, settings)
        return Promise.resolve(chosen).then((url) => upstreams.get(url, settings))
      },
    }
  }
  const urls = typeof upstream === 'string' ? [upstream] : (upstream as readonly string[])
  if (!Array.isArray(urls)) throw new OptionError('upstream', upstream, 'give a URL, a list of URLs or a function')
  if (weights !== undefined && !(Array.isArray(weights) && weights.length === urls.length)) {
    throw new OptionError('weights', weights, `give a list with one for each of the ${urls.length} upstreams`)
  }
  const list = urls.map((url, i) => upstreams.get(url, { ...settings, weight: weights?.[i] }))
  return { pool: createPool(list.map(({ name: one }) => one).join(','), list), choose: undefined }
}

function poolNamed(scope: Scope, name: string): Pool {
  const pool = scope.pools.get(name)
  if (pool !== undefined) return pool
  const names = scope.pools.names()
  const right = names.length === 0 ? 'there is no pool yet' : `the pools are ${names.join(', ')}`
  throw new OptionError('pool', name, right)
}

const tlsKeys = ['ca', 'cert', 'key', 'passphrase', 'servername', 'rejectUnauthorized', 'minVersion']

/** Tries the keys and certificates now: at boot, and not with the first request. */
function readTls(tls: UpstreamTls | undefined): UpstreamTls | undefined {
  if (tls === undefined) return undefined
  knownKeys('tls', tls, tlsKeys)
  flag('tls.rejectUnauthorized', tls.rejectUnauthorized, true)
  const { servername, cert, key } = tls
  if (servername !== undefined && !(typeof servername === 'string' && servername !== '')) {
    throw new OptionError('tls.servername', servername, "give a name such as 'api.internal'")
  }
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'cert' : 'key'
    throw new OptionError(`tls.${missing}`, undefined, 'a client certificate needs both cert and key')
  }
  try {
    const { ca, passphrase, minVersion } = tls
    createSecureContext({ ca: ca as string, cert, key, passphrase, minVersion })
  } catch (error) {
    throw new OptionError('tls', tls, `give PEM text that OpenSSL can read: ${(error as Error).message}`)
  }
  return tls
}
