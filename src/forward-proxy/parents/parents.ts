import type { Duplex } from 'node:stream'
import { ProxyError } from '../../contract/errors.ts'
import { flag, integer, knownKeys, oneOf, time } from '../../contract/options.ts'
import { type ChainTools, type Dial, dialChain } from './chain.ts'
import { checkWays, type WayReport } from './check.ts'
import type { HopError } from './hop-error.ts'
import { compileRules, type ParentAsk, type ParentRule } from './rules.ts'
import { Standing } from './standing.ts'
import { createTurn, type ParentPolicy, parentPolicies } from './turn.ts'
import { type ParentOptions, readWays, type Way } from './ways.ts'

export interface ParentsOptions {
  /** URLs of proxies, chains of them, or objects with a name. */
  readonly parents: readonly (string | ParentOptions | readonly string[])[]
  /** Which one of those that may be used. @default 'round-robin' */
  readonly policy?: ParentPolicy
  /** The first rule that is met decides between which ways the policy chooses. */
  readonly rules?: readonly ParentRule[]
  /** How long the policy `time` stays with one. @default '10m' */
  readonly rotateEvery?: number | string
  /** For one way, all of its parents and the target together. @default '10s' */
  readonly connectTimeout?: number | string
  /** Ways that one exchange may try. @default 3 */
  readonly attempts?: number
  /** Failures in a row after which a parent rests. What the target does wrong does not count. 0 is never. @default 3 */
  readonly maxFails?: number
  /** How long it rests. Then one exchange tries it. @default '30s' */
  readonly failTimeout?: number | string
  /** Go without a parent when none of them works. Shows the targets our own address: leave it off where that matters. @default false */
  readonly direct?: boolean
}

export interface ParentsTools extends Omit<ChainTools, 'timeout'> {
  /** To a target, without a parent. The guard for targets belongs into it. */
  readonly direct: Dial
  /** From 0 up to 1. */
  readonly random: () => number
}

/** A decision for one exchange. `release` is called once: null it worked, an error it failed, undefined nobody knows. */
export type ParentChoice =
  | { readonly kind: 'way'; readonly way: Way; release(error?: HopError | null): void }
  | { readonly kind: 'direct' | 'deny' | 'none' }

/** What a connection came by. */
export interface Passage {
  readonly socket: Duplex
  /** Name of the way, or `direct`. */
  readonly via: string
  readonly attempts: number
}

export interface WayState {
  readonly name: string
  /** Failures in a row. */
  readonly fails: number
  readonly ready: boolean
}

export interface Parents {
  /** Chooses a way that is not in `tried`, for those who open it themselves (absolute-form). */
  pick(ask: ParentAsk, tried: readonly Way[]): ParentChoice
  /**
   * Connects to the target, by another way when one fails. Calls back once, unless cancelled; nothing has been told to the
   * client by then.
   */
  connect(ask: ParentAsk, callback: (error: ProxyError | null, passage: Passage | null) => void): () => void
  /** Dials every parent, the last of a chain through the others. For a warning at start. */
  check(callback: (reports: readonly WayReport[]) => void): () => void
  states(): readonly WayState[]
  /** Ends what is under way, with SP_SHUTDOWN; begins no more. */
  close(): void
}

const keys: readonly (keyof ParentsOptions)[] = [
  'parents',
  'policy',
  'rules',
  'rotateEvery',
  'connectTimeout',
  'attempts',
  'maxFails',
  'failTimeout',
  'direct',
]

/**
 * The ways out and the choice between them.
 * @param option what messages call it
 * @throws OptionError
 */
export function createParents(options: ParentsOptions, tools: ParentsTools, option = 'egress'): Parents {
  knownKeys(option, options, keys)
  const { clock, random } = tools
  const ways = readWays(`${option}.parents`, options.parents)
  const route = compileRules(`${option}.rules`, options.rules, ways)
  const turn = createTurn(oneOf(`${option}.policy`, options.policy, 'round-robin', parentPolicies), {
    now: () => clock.now(),
    random,
    rotateEvery: time(`${option}.rotateEvery`, options.rotateEvery, 600_000),
  })
  const limits = {
    maxFails: integer(`${option}.maxFails`, options.maxFails, 3),
    failTimeout: time(`${option}.failTimeout`, options.failTimeout, 30_000),
  }
  const maxAttempts = integer(`${option}.attempts`, options.attempts, 3, 1)
  const mayGoDirect = flag(`${option}.direct`, options.direct, false)
  const chainTools = { ...tools, timeout: time(`${option}.connectTimeout`, options.connectTimeout, 10_000) }
  const standings = new Map(ways.map((way) => [way, new Standing(limits)]))
  const standing = (way: Way): Standing => standings.get(way) as Standing
  /** What ends each thing that is under way. */
  const running = new Set<() => void>()
  let closed = false

  function pick(ask: ParentAsk, tried: readonly Way[]): ParentChoice {
    const routed = route(ask)
    if (routed === 'direct' || routed === 'deny') return { kind: routed }
    const now = clock.now()
    if (tried.length < maxAttempts) {
      const ready = routed.filter((way) => !tried.includes(way) && standing(way).isReady(now))
      if (ready.length > 0) return take(turn(ready, routed, ask))
    }
    // Whoever has a rule name a parent wants that one or none.
    if (mayGoDirect && routed === ways) return { kind: 'direct' }
    // All of them rest. The one that rests longest already is a better guess than none.
    return tried.length === 0 ? take(soonest(routed)) : { kind: 'none' }
  }

  function take(way: Way): ParentChoice {
    const settle = standing(way).take()
    return {
      kind: 'way',
      way,
      release: (error) => settle(error === null ? 'worked' : error?.parentFailed ? 'failed' : 'unknown', clock.now()),
    }
  }

  function soonest(among: readonly Way[]): Way {
    return among.reduce((best, way) => (standing(way).deadUntil < standing(best).deadUntil ? way : best))
  }

  function connect(ask: ParentAsk, callback: (error: ProxyError | null, passage: Passage | null) => void): () => void {
    const tried: Way[] = []
    let cancelAttempt: (() => void) | undefined
    let parentWorks = false
    let over = false

    function end(error: ProxyError | null, socket: Duplex | null, via: string): void {
      over = true
      running.delete(shut)
      callback(error, socket === null ? null : { socket, via, attempts: tried.length + (via === 'direct' ? 1 : 0) })
    }

    function attempt(last: HopError | undefined): void {
      const choice = pick(ask, tried)
      if (last?.parentFailed === false) parentWorks = true
      if (choice.kind === 'way') goBy(choice)
      // Where a parent works, it is the target that does not: asking it ourselves would only show our address.
      else if (choice.kind === 'direct' && !parentWorks) goDirect()
      else if (choice.kind === 'deny') end(new ProxyError('SP_DENIED', `${option}.rules deny ${ask.host}`), null, '')
      else end(last ?? new ProxyError('SP_NO_UPSTREAM', 'no parent is left to try'), null, '')
    }

    function goBy(choice: ParentChoice & { kind: 'way' }): void {
      const { way, release } = choice
      tried.push(way)
      let answered = false
      const cancel = dialChain(way.hops, ask, chainTools, (error, socket) => {
        answered = true
        cancelAttempt = undefined
        release(error)
        if (error === null) end(null, socket, way.name)
        // Somebody's no is not to be got around.
        else if (error.code === 'SP_PARENT_DENIED' || error.code === 'SP_DENIED') end(error, null, way.name)
        else attempt(error)
      })
      if (answered) return
      cancelAttempt = () => {
        cancel()
        release()
      }
    }

    function goDirect(): void {
      let answered = false
      const cancel = tools.direct(ask.host, ask.port, (error, socket) => {
        if (answered) return
        answered = true
        if (over) socket?.destroy()
        else end(error, socket, 'direct')
      })
      if (!answered) cancelAttempt = cancel
    }

    function stop(): boolean {
      if (over) return false
      over = true
      running.delete(shut)
      cancelAttempt?.()
      return true
    }

    const shut = (): void => {
      if (stop()) callback(new ProxyError('SP_SHUTDOWN'), null)
    }

    running.add(shut)
    if (closed) process.nextTick(shut)
    else attempt(undefined)
    return () => {
      stop()
    }
  }

  return {
    pick,
    connect,
    check(callback) {
      let cancel = (): void => {}
      const stop = (): void => {
        running.delete(stop)
        cancel()
      }
      running.add(stop)
      cancel = checkWays(ways, chainTools, (reports) => {
        running.delete(stop)
        callback(reports)
      })
      return stop
    },
    states() {
      const now = clock.now()
      return ways.map((way) => ({ name: way.name, fails: standing(way).fails, ready: standing(way).isReady(now) }))
    },
    close() {
      closed = true
      for (const end of [...running]) end()
      running.clear()
    },
  }
}
