/** A priority level: its members, and those of them that are believed to be well. Heads are counted, not weights. */
export interface PriorityLevel {
  readonly healthy: number
  readonly total: number
}

export interface PriorityLoads {
  /** Percent of the traffic for each level, not rounded. The sum is 100, or 0 when nothing can be chosen. */
  readonly loads: readonly number[]
  /** True where a level is to use all its members, well or not. */
  readonly panic: readonly boolean[]
}

export interface PriorityLoadSettings {
  /** So many times more than needed stands ready: a level gives nothing away while `1 / overprovisioning` is well. @default 1.4 */
  readonly overprovisioning?: number
  /** Percent of members that are well, below which a level panics. 0 is never. @default 50 */
  readonly panicThreshold?: number
}

/** Sums of fractions miss 100 by a hair. */
const hair = 1e-9

/**
 * Traffic of each priority level, first one first (Envoy, "Priority levels" and "Panic threshold"). The health of a level
 * is `min(100, overprovisioning * 100 * healthy / total)`; it takes that many percent, and the rest spills to the next.
 * When the healths add up to less than 100, each level takes its part of the sum, and those below the threshold panic.
 * When nobody is well anywhere, levels that panic share by their heads.
 */
export function priorityLoads(levels: readonly PriorityLevel[], settings: PriorityLoadSettings = {}): PriorityLoads {
  const { overprovisioning = 1.4, panicThreshold = 50 } = settings
  const health = levels.map(({ healthy, total }) =>
    total === 0 ? 0 : Math.min(100, (overprovisioning * 100 * healthy) / total),
  )
  const sum = health.reduce((all, one) => all + one, 0)

  if (sum >= 100 - hair) return { loads: spill(health), panic: levels.map(() => false) }

  const panic = levels.map(({ healthy, total }) => total > 0 && (100 * healthy) / total < panicThreshold)
  const shares = sum > 0 ? health : levels.map(({ total }, i) => (panic[i] ? total : 0))
  return { loads: percentages(shares), panic }
}

function spill(health: readonly number[]): number[] {
  let left = 100
  return health.map((one) => {
    // A hair that is left over would be a level of its own for one exchange in many millions.
    const load = one >= left - hair ? left : one
    left -= load
    return load
  })
}

/** Parts of 100 in proportion; all 0 when the shares are. */
export function percentages(shares: readonly number[]): number[] {
  const sum = shares.reduce((all, one) => all + one, 0)
  return shares.map((share) => (sum === 0 ? 0 : (100 * share) / sum))
}
