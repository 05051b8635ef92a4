import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { knownKeys } from '../../src/contract/options.ts'
import balance, { type BalanceOptions } from '../balance/index.ts'
import cache, { type CacheOptions } from '../cache/index.ts'
import kernel, { type KernelOptions } from '../kernel/index.ts'
import observe from '../observe/index.ts'
import type { ObserveOptions } from '../observe/options.ts'
import reverseProxy, { type ReverseProxyOptions } from '../reverse-proxy/index.ts'

export { ProxyError } from '../../src/contract/errors.ts'
export type { LivePool, MemberReport, PoolEvents, PoolOptions } from '../balance/index.ts'
export { serverOptions } from '../kernel/server-options.ts'
export type { BalanceOptions, CacheOptions, KernelOptions, ObserveOptions, ReverseProxyOptions }
export { balance, cache, kernel, observe, reverseProxy }

/** The whole suite from one object: each key is the options of one plugin. */
export interface SallyportOptions {
  readonly kernel?: KernelOptions
  /** Access log. @default { accessLog: 'json' }; false leaves it out */
  readonly observe?: ObserveOptions | false
  /** Pools by name, for `pool`, `split` and `mirror` of `reverse`. */
  readonly balance?: BalanceOptions
  /** A shared HTTP cache in front of `reverse`. `true` is the defaults. @default false */
  readonly cache?: CacheOptions | boolean
  /** One reverse proxy, or several under prefixes of their own. */
  readonly reverse?: ReverseProxyOptions | readonly ReverseProxyOptions[]
}

async function sallyport(app: FastifyInstance, options: SallyportOptions): Promise<void> {
  knownKeys('', options, ['kernel', 'observe', 'balance', 'cache', 'reverse'])
  await app.register(kernel, options.kernel ?? {})
  if (options.observe !== false) await app.register(observe, options.observe ?? {})
  if (options.balance !== undefined) await app.register(balance, options.balance)
  if (options.cache !== undefined && options.cache !== false) {
    await app.register(cache, options.cache === true ? {} : options.cache)
  }
  const reverse = options.reverse ?? {}
  for (const one of Array.isArray(reverse)
    ? (reverse as readonly ReverseProxyOptions[])
    : [reverse as ReverseProxyOptions]) {
    await app.register(reverseProxy, one)
  }
}

export default fp(sallyport, { name: 'sallyport', fastify: '5.x' })
