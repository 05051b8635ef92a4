import type { Member } from '../../src/balance/member.ts'
import { type AttemptResult, createOutlier, type Outlier } from '../../src/balance/outlier.ts'
import { type OutlierOptions, type OutlierSettings, readOutlier } from '../../src/balance/outlier-options.ts'
import type { ErrorCode } from '../../src/contract/errors.ts'
import { equals } from './policy/members.ts'

export const off = {
  consecutive5xx: false,
  consecutiveGateway: false,
  consecutiveLocal: false,
  successRate: false,
  failurePercentage: false,
  failureGap: false,
  latency: false,
} as const satisfies OutlierOptions

/** An attempt that was answered. */
export const answer = (status: number, latency = 1): AttemptResult => ({ status, error: undefined, latency })

/** An attempt that was not. */
export const fault = (error: ErrorCode, status = 0): AttemptResult => ({ status, error, latency: -1 })

/** Members under passive health, and a clock that ticks as a pool would: with each attempt, once it is due. */
export interface WatchedPool {
  readonly members: Member[]
  readonly outlier: Outlier
  /** `a out consecutive_5xx 30000`, `a back`. Emptied by `news`. */
  news(): string[]
  now(): number
  wait(ms: number): void
  /** So many attempts, all with this result, without time going by. */
  give(member: Member, times: number, result: AttemptResult): void
}

export function watchedPool(
  count: number,
  options: OutlierOptions = {},
  random: () => number = () => 0.5,
): WatchedPool {
  const members = equals(count)
  let news: string[] = []
  let now = 0
  const outlier = createOutlier(readOutlier('outlier', options) as OutlierSettings, {
    random,
    ejected: ({ upstream }, reason, ms) => news.push(`${upstream.name} out ${reason} ${ms}`),
    returned: ({ upstream }) => news.push(`${upstream.name} back`),
  })
  const tick = (): void => {
    if (now >= outlier.due) outlier.tick(now, members)
  }
  tick()

  return {
    members,
    outlier,
    news() {
      const all = news
      news = []
      return all
    },
    now: () => now,
    wait(ms) {
      const until = now + ms
      while (outlier.due <= until) {
        now = outlier.due
        tick()
      }
      now = until
    },
    give(member, times, result) {
      for (let i = 0; i < times; i++) outlier.record(member, result, now)
    },
  }
}

/** The first fails every other time, the others never: failures until there is news, 1000 at most. */
export function failuresUntilOut({ members, give, news }: WatchedPool): number {
  const [bad, ...others] = members as [Member, ...Member[]]
  let failures = 0
  while (news().length === 0 && failures < 1000) {
    for (const member of others) give(member, 2, answer(200))
    give(bad, 1, answer(200))
    give(bad, 1, answer(503))
    failures++
  }
  return failures
}
