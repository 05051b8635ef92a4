import type { Clock } from '../../contract/clock.ts'
import type { Client } from '../../contract/target.ts'
import type { Credential } from './credentials.ts'
import type { FailureLimit } from './failure-limit.ts'
import type { Who } from './identity-options.ts'
import { type Judges, judge, type Verdict } from './judge.ts'
import type { Verified } from './verified.ts'

export interface CheckerParts {
  readonly cache: Verified
  readonly limit: FailureLimit
  readonly clock: Clock
}

/** What comes of one credential. */
export type Checked = Who | 'wrong' | 'limited'

/** Remembers, collapses and counts around those who judge. */
export interface Checker {
  with(judges: Judges): (credential: Credential, client: Client) => Checked | Promise<Checked>
  /** One that cannot be read: counted as wrong. */
  malformed(client: Client): 'wrong' | 'limited'
  /** The passwords have changed: nothing that was right before counts. */
  forget(): void
}

interface Attempt {
  readonly verdict: Promise<Verdict>
  /** Those who wait for it; each address counts it once. */
  readonly addresses: Set<string>
}

export function createChecker({ cache, limit, clock }: CheckerParts): Checker {
  const attempts = new Map<string, Attempt>()
  let generation = 0

  function settle(key: string, attempt: Attempt, verdict: Verdict | undefined, begun: number): void {
    if (attempts.get(key) === attempt) attempts.delete(key)
    for (const address of attempt.addresses) limit.end(address, verdict === 'wrong')
    if (typeof verdict === 'object' && begun === generation) cache.set(key, verdict.who, verdict.ms)
  }

  function begin(key: string, verdict: Promise<Verdict>): Attempt {
    const attempt: Attempt = { verdict, addresses: new Set() }
    const begun = generation
    attempts.set(key, attempt)
    verdict.then(
      (settled) => settle(key, attempt, settled, begun),
      () => settle(key, attempt, undefined, begun),
    )
    return attempt
  }

  return {
    with: (judges) =>
      function check(credential, client) {
        const { ip } = client
        // What a function says may depend on the client.
        const key = cache.digest(credential, judges.check === undefined ? '' : ip)
        let attempt = attempts.get(key)
        if (attempt?.addresses.has(ip) !== true) {
          // Before the look-up: who has used up his tries could else go on with guesses at what is remembered.
          if (limit.wait(ip) > 0) return 'limited'
          const known = cache.get(key)
          if (known !== undefined) return known
        }
        attempt ??= begin(key, judge(judges, credential, client, clock))
        if (!attempt.addresses.has(ip)) {
          attempt.addresses.add(ip)
          limit.begin(ip)
        }
        return attempt.verdict.then((verdict) => (typeof verdict === 'object' ? verdict.who : verdict))
      },
    malformed({ ip }) {
      if (limit.wait(ip) > 0) return 'limited'
      limit.begin(ip)
      limit.end(ip, true)
      return 'wrong'
    },
    forget() {
      generation++
      // Those that are still being checked are checked by what was.
      attempts.clear()
      cache.clear()
    },
  }
}
