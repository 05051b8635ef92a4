import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import { Dispatcher } from 'undici'
import { createPool, type LivePool, type PoolTools } from '../../src/balance/pool.ts'
import type { PoolOptions } from '../../src/balance/pool-options.ts'
import type { Clock } from '../../src/contract/clock.ts'
import type { Exchange } from '../../src/contract/exchange.ts'
import { type Guard, type GuardSlot, guardSlots, type Refusal } from '../../src/contract/guard.ts'
import { type Dispatch, type Layer, type LayerSlot, layerSlots } from '../../src/contract/layer.ts'
import { OptionError } from '../../src/contract/options.ts'
import type { Transport } from '../../src/upstream/transport.ts'
import type { Upstreams } from '../../src/upstream/upstreams.ts'
import type { Drain } from './drain.ts'
import type { KernelSettings } from './options.ts'
import { type Kept, logPool, type PoolKeeper } from './pool-keeper.ts'
import type { RequestIds } from './request-id.ts'
import type { PoolRegistry, ProxyScope } from './types.ts'

/** What all scopes of one kernel share. */
export interface Shared {
  readonly clock: Clock
  readonly pseudonym: string
  readonly transport: Transport
  /** Goes up with each registration anywhere: compiled chains of an older version are made anew. */
  version: number
  /** Who owns which key of `config.proxy`. */
  readonly routeKeys: Set<string>
  readonly drain: Drain
  readonly settings: KernelSettings
  readonly ids: RequestIds
  readonly log: FastifyBaseLogger
  readonly pools: PoolKeeper
  readonly poolTools: PoolTools
}

type SettleListener = (exchange: Exchange) => void

interface Compiled {
  readonly version: number
  readonly guards: readonly Guard[]
  readonly listeners: readonly SettleListener[]
  readonly dispatch: Dispatch
}

/** `app.proxy` of one Fastify scope: what its ancestors have, and its own. */
export class Scope implements ProxyScope {
  readonly pools: PoolRegistry
  readonly dispatcher: Dispatcher
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown

  readonly #shared: Shared
  readonly #parent: Scope | undefined
  readonly #guards: [GuardSlot, Guard][] = []
  readonly #layers: [LayerSlot, Layer][] = []
  readonly #listeners: SettleListener[] = []
  #compiled: Compiled | undefined

  constructor(shared: Shared, parent: Scope | undefined) {
    this.#shared = shared
    this.#parent = parent
    this.pools = new Pools(parent?.pools, shared.pools)
    this.dispatcher = new ScopeDispatcher(this)
    this.handler = parent?.handler ?? noHandler
  }

  get clock(): Clock {
    return this.#shared.clock
  }

  get pseudonym(): string {
    return this.#shared.pseudonym
  }

  get settings(): KernelSettings {
    return this.#shared.settings
  }

  /** Every upstream of this kernel, one for each URL and settings. */
  get upstreams(): Upstreams {
    return this.#shared.transport.upstreams
  }

  createPool(name: string, options: PoolOptions, option = 'pool'): LivePool {
    return this.#logged(createPool(name, options, this.#shared.poolTools, option))
  }

  /**
   * A pool with the defaults over `upstreams` of this kernel: it may be thrown away at any time, for the connections are
   * not its own.
   * @throws OptionError
   */
  sharedPool(name: string, options: Pick<PoolOptions, 'upstreams' | 'http2' | 'tls'>): LivePool {
    const createUpstream: PoolTools['createUpstream'] = (_, url, settings) => this.upstreams.get(url, settings)
    return this.#logged(createPool(name, options, { ...this.#shared.poolTools, createUpstream }))
  }

  #logged(pool: LivePool): LivePool {
    logPool(pool, this.#shared.log)
    return pool
  }

  /** Starts it when the server is ready, ends it with it. */
  keep(one: Kept): void {
    this.#shared.pools.add(one)
  }

  get ids(): RequestIds {
    return this.#shared.ids
  }

  get drain(): Drain {
    return this.#shared.drain
  }

  get dispatch(): Dispatch {
    return this.#chains().dispatch
  }

  guard(slot: GuardSlot, guard: Guard): void {
    if (!guardSlots.includes(slot)) throw new OptionError('slot', slot, `give one of ${guardSlots.join(', ')}`)
    this.#guards.push([slot, guard])
    this.#shared.version++
  }

  layer(slot: LayerSlot, layer: Layer): void {
    if (!layerSlots.includes(slot)) throw new OptionError('slot', slot, `give one of ${layerSlots.join(', ')}`)
    this.#layers.push([slot, layer])
    this.#shared.version++
  }

  onSettle(listener: SettleListener): void {
    this.#listeners.push(listener)
    this.#shared.version++
  }

  routeKeys(keys: readonly string[]): void {
    for (const key of keys) this.#shared.routeKeys.add(key)
  }

  admit(exchange: Exchange): Refusal | undefined | Promise<Refusal | undefined> {
    return ask(this.#chains().guards, 0, exchange)
  }

  settle(exchange: Exchange): void {
    const { facts } = exchange
    if (facts.duration >= 0) return
    facts.duration = this.clock.now() - exchange.startedAt
    const { listeners } = this.#chains()
    for (let i = 0; i < listeners.length; i++) {
      try {
        ;(listeners[i] as SettleListener)(exchange)
      } catch (error) {
        // The exchange is over for the others too, and nobody stands above us to catch this.
        this.#shared.log.error(error, 'sallyport: a settle listener threw')
      }
    }
  }

  #chains(): Compiled {
    const { version, transport } = this.#shared
    if (this.#compiled?.version === version) return this.#compiled
    const guards = this.#inherited((scope) => scope.#guards)
    const layers = this.#inherited((scope) => scope.#layers)
    let dispatch: Dispatch = transport.dispatch
    // Innermost first: the last slot wraps the transport, the first slot is outermost.
    for (const slot of [...layerSlots].reverse()) {
      for (const [, layer] of layers.filter(([its]) => its === slot).reverse()) dispatch = layer(dispatch)
    }
    this.#compiled = {
      version,
      guards: guardSlots.flatMap((slot) => guards.filter(([its]) => its === slot).map(([, guard]) => guard)),
      listeners: this.#inherited((scope) => scope.#listeners),
      dispatch,
    }
    return this.#compiled
  }

  #inherited<T>(read: (scope: Scope) => readonly T[]): T[] {
    const before = this.#parent === undefined ? [] : this.#parent.#inherited(read)
    return [...before, ...read(this)]
  }
}

/** Asks from `index` on; stays synchronous as long as the guards do. */
function ask(
  guards: readonly Guard[],
  index: number,
  exchange: Exchange,
): Refusal | undefined | Promise<Refusal | undefined> {
  for (let i = index; i < guards.length; i++) {
    const answer = (guards[i] as Guard)(exchange)
    if (answer === undefined) continue
    if (!(answer instanceof Promise)) return answer
    return answer.then((refusal) => (refusal === undefined ? ask(guards, i + 1, exchange) : refusal))
  }
  return undefined
}

class Pools implements PoolRegistry {
  readonly #own = new Map<string, LivePool>()
  readonly #parent: PoolRegistry | undefined
  readonly #keeper: PoolKeeper

  constructor(parent: PoolRegistry | undefined, keeper: PoolKeeper) {
    this.#parent = parent
    this.#keeper = keeper
  }

  get(name: string): LivePool | undefined {
    return this.#own.get(name) ?? this.#parent?.get(name)
  }

  add(pool: LivePool): void {
    if (this.#own.has(pool.name)) throw new OptionError('pool', pool.name, 'a pool of that name exists; choose another')
    this.#own.set(pool.name, pool)
    this.#keeper.add(pool)
  }

  names(): string[] {
    return [...new Set([...(this.#parent?.names() ?? []), ...this.#own.keys()])]
  }
}

/** A scope's layers as an undici dispatcher. The kernel owns the connections: closing this closes nothing. */
class ScopeDispatcher extends Dispatcher {
  readonly #scope: Scope

  constructor(scope: Scope) {
    super()
    this.#scope = scope
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#scope.dispatch(options, handler)
  }

  override close(callback?: () => void): Promise<void> {
    callback?.()
    return Promise.resolve()
  }

  override destroy(_error?: unknown, callback?: () => void): Promise<void> {
    callback?.()
    return Promise.resolve()
  }
}

function noHandler(): never {
  throw new OptionError('handler', 'app.proxy.handler', 'register sallyport/reverse-proxy before the route')
}
