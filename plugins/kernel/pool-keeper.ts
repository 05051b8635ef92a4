import type { FastifyBaseLogger } from 'fastify'
import { LivePool } from '../../src/balance/pool.ts'

/** Lives as long as the server: a pool, a mirror. */
export interface Kept {
  /** The server is ready. */
  start?(): void
  /** It has closed. */
  close(): void
}

/** Every pool of a kernel, and what else works in its background: starts and ends with it. Logs what happens to pools. */
export class PoolKeeper {
  readonly #kept = new Set<Kept>()
  readonly #log: FastifyBaseLogger
  #started = false
  #closed = false

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  add(one: Kept): void {
    if (this.#kept.has(one)) return
    this.#kept.add(one)
    if (one instanceof LivePool) logEvents(one, this.#log)
    if (this.#closed) one.close()
    else if (this.#started) one.start?.()
  }

  start(): void {
    this.#started = true
    for (const one of this.#kept) one.start?.()
  }

  close(): void {
    this.#closed = true
    for (const one of this.#kept) one.close()
  }
}

/** One line a change. */
function logEvents({ name, events }: LivePool, log: FastifyBaseLogger): void {
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
}
