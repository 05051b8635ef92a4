import type { Exchange } from '../../contract/exchange.ts'
import { knownKeys, OptionError } from '../../contract/options.ts'
import type { Pool } from '../../contract/pool.ts'
import { rehash, trials } from '../hash.ts'
import { type HashKeyReader, readHashKey } from '../hash-key.ts'
import type { SplitOptions, SplitRule, SplitShare } from './split-options.ts'
import { readMatch } from './split-rule.ts'

/** Divides the traffic between pools. */
export interface Split {
  /** Where this exchange goes. Ask once an exchange: by chance it may be another pool the next time. */
  choose(exchange: Exchange | undefined): Pool
  /** Weights as they are now, by name of the pool. */
  readonly weights: Readonly<Record<string, number>>
  /**
   * Changes the weights of those that are named; the others keep theirs.
   * @throws OptionError for a pool that is not in the split, a bad weight, or no weight above 0; then nothing has changed
   */
  setWeights(weights: Readonly<Record<string, number>>): void
}

export interface SplitTools {
  /** @throws OptionError when there is no such pool */
  readonly poolNamed: (name: string) => Pool
  /** 0 to 1 */
  readonly random: () => number
}

/** @throws OptionError for what is not right */
export function readSplit(option: string, given: SplitOptions, tools: SplitTools): Split {
  knownKeys(option, given, ['pools', 'rules', 'by'])
  const { random, poolNamed } = tools
  const shares = readShares(`${option}.pools`, given.pools)
  const pools = shares.map(({ pool }) => poolNamed(pool))
  const rules = readRules(`${option}.rules`, given.rules ?? [], poolNamed)
  const keyOf: HashKeyReader | undefined = given.by === undefined ? undefined : readHashKey(`${option}.by`, given.by)
  let weights = checkWeights(option, Object.fromEntries(shares.map(({ pool, weight }) => [pool, weight])))
  let sums = runningSums(shares, weights)

  return {
    choose(exchange) {
      if (exchange !== undefined) {
        for (const { matches, pool } of rules) if (matches(exchange)) return pool
      }
      const key = keyOf?.(exchange)
      const place = key === undefined ? random() : rehash(key, trials.side) / 2 ** 32
      const total = sums[sums.length - 1] as number
      const at = sums.findIndex((sum) => place * total < sum)
      // Rounding may put the place on the last sum itself.
      return (pools[at] ?? pools[sums.indexOf(total)]) as Pool
    },
    get weights() {
      return weights
    },
    setWeights(changes) {
      for (const name of Object.keys(changes)) {
        if (!Object.hasOwn(weights, name)) {
          throw new OptionError(`${option}.${name}`, changes[name], `the split has ${Object.keys(weights).join(', ')}`)
        }
      }
      weights = checkWeights(option, { ...weights, ...changes })
      sums = runningSums(shares, weights)
    },
  }
}

interface Rule {
  readonly pool: Pool
  readonly matches: (exchange: Exchange) => boolean
}

function readShares(option: string, given: readonly SplitShare[]): readonly SplitShare[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw new OptionError(
      option,
      given,
      "give a list such as [{ pool: 'stable', weight: 95 }, { pool: 'canary', weight: 5 }]",
    )
  }
  const names = new Set<string>()
  for (const [i, share] of given.entries()) {
    knownKeys(`${option}[${i}]`, share, ['pool', 'weight'])
    if (names.has(share.pool)) throw new OptionError(`${option}[${i}].pool`, share.pool, 'it stands twice')
    names.add(readName(`${option}[${i}].pool`, share.pool))
  }
  return given
}

function readRules(option: string, given: readonly SplitRule[], poolNamed: (name: string) => Pool): readonly Rule[] {
  if (!Array.isArray(given)) {
    throw new OptionError(option, given, "give a list such as [{ pool: 'canary', when: { field: 'x-canary' } }]")
  }
  return given.map((rule: SplitRule, i) => {
    knownKeys(`${option}[${i}]`, rule, ['pool', 'when'])
    const matches = readMatch(`${option}[${i}].when`, rule.when)
    return { matches, pool: poolNamed(readName(`${option}[${i}].pool`, rule.pool)) }
  })
}

function readName(option: string, given: string): string {
  if (typeof given === 'string' && given !== '') return given
  throw new OptionError(option, given, 'give the name of a pool')
}

function checkWeights(option: string, weights: Record<string, number>): Readonly<Record<string, number>> {
  let total = 0
  for (const [name, weight] of Object.entries(weights)) {
    if (typeof weight !== 'number' || !(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new OptionError(`${option}: weight of '${name}'`, weight, 'give 0 or more')
    }
    total += weight
  }
  if (!(total > 0 && total < Number.POSITIVE_INFINITY)) {
    throw new OptionError(`${option}: sum of the weights`, total, 'at least one weight has to be above 0')
  }
  return Object.freeze(weights)
}

function runningSums(shares: readonly SplitShare[], weights: Readonly<Record<string, number>>): readonly number[] {
  let sum = 0
  return shares.map(({ pool }) => {
    sum += weights[pool] as number
    return sum
  })
}
