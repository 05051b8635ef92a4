/** What can expire: a link in a ring. One that is in no ring is a ring of its own. */
export interface Expiring {
  readonly keepUntil: number
  sooner: Expiring
  later: Expiring
}

/** Rings of one wheel. */
const rings = 64
/** Milliseconds that one ring of each wheel stands for: a second, a minute, an hour, three days. */
const spans = [1000, 64_000, 4_096_000, 262_144_000] as const
/** Links that one call looks at, at most. */
const patience = 64

/**
 * Knows who is past its time without looking at anybody else: wheels of rings, each wheel coarser than the one before. When
 * the time of a ring has come, its links are looked at, a few a call: expired ones leave, others go to a finer wheel. So a
 * link is moved four times at most, whatever happens to the others.
 */
export class Expiry<N extends Expiring> {
  readonly #wheels = spans.map(() => Array.from({ length: rings }, ring))
  /** Those whose ring has come. */
  #due = ring()
  /** The last ring of each wheel that has come. */
  readonly #ticks: number[]

  constructor(now: number) {
    this.#ticks = spans.map((span) => Math.floor(now / span))
  }

  add(link: N, now: number): void {
    this.#turn(now)
    const until = link.keepUntil
    let wheel = 0
    while (wheel < spans.length - 1 && until - now >= (spans[wheel] as number) * (rings - 1)) wheel++
    const span = spans[wheel] as number
    const last = this.#ticks[wheel] as number
    // Beyond the last wheel: looked at once it has gone round.
    const tick = Math.min(Math.floor(until / span), last + rings - 1)
    // It is over when its tick is: one tick later than it begins.
    enter(tick < last ? this.#due : (this.#wheels[wheel]?.[(tick + 1) % rings] as Expiring), link)
  }

  remove(link: N): void {
    link.sooner.later = link.later
    link.later.sooner = link.sooner
    link.sooner = link
    link.later = link
  }

  /** One that is past its time, if one is at hand; it is taken out. */
  take(now: number): N | undefined {
    this.#turn(now)
    for (let looked = 0; looked < patience; looked++) {
      const link = this.#due.later as N
      if ((link as Expiring) === this.#due) return undefined
      this.remove(link)
      if (link.keepUntil < now) return link
      this.add(link, now)
    }
    return undefined
  }

  clear(): void {
    for (const wheel of this.#wheels) for (let i = 0; i < rings; i++) wheel[i] = ring()
    this.#due = ring()
  }

  /** Every ring whose time has come since the last call joins those that are due. */
  #turn(now: number): void {
    for (let wheel = 0; wheel < spans.length; wheel++) {
      const tick = Math.floor(now / (spans[wheel] as number))
      const last = this.#ticks[wheel] as number
      if (tick <= last) break
      for (let i = Math.max(last + 1, tick - rings + 1); i <= tick; i++) {
        splice(this.#due, this.#wheels[wheel]?.[i % rings] as Expiring)
      }
      this.#ticks[wheel] = tick
    }
  }
}

function ring(): Expiring {
  const link = { keepUntil: 0 } as Expiring
  link.sooner = link
  link.later = link
  return link
}

function enter(at: Expiring, link: Expiring): void {
  link.sooner = at.sooner
  link.later = at
  at.sooner.later = link
  at.sooner = link
}

/** All of `from` goes before `at`. */
function splice(at: Expiring, from: Expiring): void {
  if (from.later === from) return
  from.later.sooner = at.sooner
  at.sooner.later = from.later
  from.sooner.later = at
  at.sooner = from.sooner
  from.sooner = from
  from.later = from
}
