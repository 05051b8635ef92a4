import type { FastifyBaseLogger } from 'fastify'
import type { LivePool } from '../../src/balance/pool.ts'

/** Lives as long as the server: a pool, a mirror. */
export interface Kept {
  /** The server is ready; a promise holds back the first exchange. */
  start?(): unknown
  /** It has closed. */
  close(): void
}

/** What works in the background of a kernel: starts and ends with it. */
export class PoolKeeper {
  readonly #kept = new Set<Kept>()
  #started = false
  #closed = false

  add(one: Kept): void {
    if (this.#kept.has(one)) return
    this.#kept.add(one)
    if (this.#closed) one.close()
    else if (this.#started) one.start?.()
  }

  /** Resolves when all of it is ready for the first exchange. */
  async start(): Promise<void> {
    this.#started = true
    await Promise.all([...this.#kept].map((one) => one.start?.()))
  }

  close(): void {
    this.#closed = true
    for (const one of this.#kept) one.close()
  }
}

/** Logs what happens to a pool, one line a change. */
export function logPool({ name, events }: LivePool, log: FastifyBaseLogger): void {
  const tell = (level: 'info' | 'warn', about: object, text: string): void => {
    log[level]({ pool: name, ...about }, `sallyport: pool ${name}: ${text}`)
  }
  events.on('health', (about) => {
    tell(about.up ? 'info' : 'warn', about, `${about.upstream} is ${about.up ? 'up' : 'down'}: ${about.reason}`)
  })
  events.on('ejected', (about) => {
    const { upstream, reason, ms } = about
    tell('warn', about, `${upstream} is ejected for ${Math.round(ms / 1000)} s: ${reason}`)
  })
  events.on('returned', (about) => tell('info', about, `${about.upstream} is back after its ejection`))
  events.on('added', (about) => tell('info', about, `${about.upstream} is added`))
  events.on('removed', (about) => tell('info', about, `${about.upstream} is removed`))
  events.on('state', (about) => tell('info', about, `${about.upstream} is in state ${about.state}`))
  events.on('drained', (about) => tell('info', about, `${about.upstream} has drained`))
  events.on('weight', (about) => tell('info', about, `${about.upstream} weighs ${about.weight}`))
  events.on('panic', (about) => {
    const { priorities } = about
    if (priorities.length === 0) tell('info', about, 'enough upstreams are well again')
    else tell('warn', about, `too few upstreams are well, all of priority ${priorities.join(', ')} serve`)
  })
  events.on('discovery', (about) => {
    if (about.problem === undefined) tell('info', about, 'discovery works again')
    else tell('warn', about, `discovery: ${about.problem}`)
  })
  events.on('thrown', ({ event, error }) => {
    log.error({ err: error, pool: name }, `sallyport: pool ${name}: a listener of '${event}' threw`)
  })
}
