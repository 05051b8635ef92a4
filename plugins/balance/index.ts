import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { knownKeys, OptionError } from '../../src/contract/options.ts'
import kernel from '../kernel/index.ts'
import type { BalanceOptions } from './options.ts'

export type * from './options.ts'

/** Pools by name, for `pool`, `split` and `mirror` of routes and for `app.proxy.pools.get(name)`. */
async function balance(app: FastifyInstance, options: BalanceOptions): Promise<void> {
  knownKeys('', options, ['pools'])
  if (!app.hasDecorator('proxy')) await app.register(kernel)
  const { pools } = options
  if (typeof pools !== 'object' || pools === null || Array.isArray(pools) || Object.keys(pools).length === 0) {
    throw new OptionError('pools', pools, "give an object such as { api: { upstreams: ['http://127.0.0.1:3000'] } }")
  }
  for (const [name, one] of Object.entries(pools)) {
    app.proxy.pools.add(app.proxy.createPool(name, one, `pools.${name}`))
  }
}

export default fp(balance, { name: 'sallyport-balance', fastify: '5.x' })
