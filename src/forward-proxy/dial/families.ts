import type { Clock, Timer } from '../../contract/clock.ts'
import type { ProxyError } from '../../contract/errors.ts'
import type { Finder } from './name-source.ts'

/** Records of one family; none is an answer too. */
export interface FamilyAnswer {
  readonly addresses: readonly string[]
  /** Seconds. Infinity for an absence of which nobody said how long. */
  readonly ttl: number
}

/** Asks for A or AAAA records. Calls back once, later or at once, unless the function that comes back was called before. */
export type AskFamily = (
  family: 4 | 6,
  callback: (error: ProxyError | null, answer: FamilyAnswer | undefined) => void,
) => () => void

/** RFC 8305 section 3: the Resolution Delay, in milliseconds. */
const resolutionDelay = 50

/**
 * Asks for all families at once. AAAA records are given as they come; A records wait a moment for them (RFC 8305 section 3),
 * so that a slow family holds up nothing and the better one is tried first.
 */
export function askFamilies(clock: Clock, families: readonly (4 | 6)[], ask: AskFamily, finder: Finder): () => void {
  let open = families.length
  let over = false
  let early: FamilyAnswer | undefined
  let delay: Timer | undefined
  let failure: ProxyError | null = null
  let noneTtl = Number.POSITIVE_INFINITY

  function giveEarly(): void {
    if (delay !== undefined) clock.clearTimer(delay)
    delay = undefined
    const given = early
    early = undefined
    if (given !== undefined) finder.found(given.addresses, given.ttl)
  }

  function answered(family: 4 | 6, error: ProxyError | null, answer: FamilyAnswer | undefined): void {
    if (over) return
    open--
    if (answer === undefined) failure = error
    else if (answer.addresses.length === 0) noneTtl = Math.min(noneTtl, answer.ttl)
    else if (family === 6) finder.found(answer.addresses, answer.ttl)
    else early = answer
    // The finder may have had enough.
    if (over) return
    if (open > 0) {
      if (early !== undefined) delay = clock.setTimer(giveEarly, resolutionDelay)
      return
    }
    giveEarly()
    if (over) return
    over = true
    finder.end(failure, noneTtl)
  }

  const cancels = families.map((family) => ask(family, (error, answer) => answered(family, error, answer)))
  return () => {
    over = true
    if (delay !== undefined) clock.clearTimer(delay)
    for (const cancel of cancels) cancel()
  }
}
