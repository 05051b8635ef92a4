import { between, duration, integer, nearest, OptionError, section, size } from '../../contract/options.ts'
import type { RetryCondition, RetryPolicy } from '../../contract/pool.ts'
import { createRetryBudget, type RetryBudgetSettings } from './budget.ts'
import { retryConditions } from './conditions.ts'

/**
 * When an exchange is tried again at another upstream. A connection that cannot be made always moves on, whatever these
 * say: nothing was sent. All else is for idempotent methods (RFC 9110 9.2.2) whose answer has not begun.
 */
export interface RetryOptions {
  /** Attempts after the first, 0 to 10. Connect failures do not count. @default 2 */
  readonly attempts?: number
  /**
   * What makes another attempt: `'reset'` the connection broke before the answer, `'timeout'` no answer in time,
   * `'5xx'`, `'502'`, `'503'`, `'504'`, `'429'` that status.
   * @default ['reset'], and 'timeout' where perTryTimeout is set
   */
  readonly on?: readonly RetryCondition[]
  /**
   * For the head of the answer, in each attempt; ms or text. All attempts together keep to the route's first-byte
   * timeout. Without it each attempt has all of that. @default false
   */
  readonly perTryTimeout?: number | string | false
  /**
   * Keep up to so much content of a PUT or DELETE, so that it can be sent again; bytes or text. Costs that much memory a
   * request in flight. Content that grows past it is sent once. @default false
   */
  readonly bufferBody?: number | string | false
  /**
   * Send a GET or HEAD to a second upstream too when the first has not answered for so long; ms or text. The first answer
   * wins. Choose about the 95th percentile: at less, many requests are sent twice. @default false
   */
  readonly hedgeAfter?: number | string | false
  /** How many retries and hedges of the pool may run at a time: the larger of the two counts. */
  readonly budget?: {
    /** Share of the exchanges in flight, 0 to 1. @default 0.2 */
    readonly ratio?: number
    /** However few are in flight. @default 3 */
    readonly minimum?: number
  }
}

/** RetryOptions, read. `budget` becomes one of a pool by `retryPolicy`. */
export interface RetrySettings extends Omit<RetryPolicy, 'budget'> {
  readonly budget: RetryBudgetSettings
}

const keys = ['attempts', 'on', 'perTryTimeout', 'bufferBody', 'hedgeAfter', 'budget'] as const
const mostAttempts = 10

/**
 * Reads the option at path `option`. False: connect failures move on, and nothing else is tried again.
 * @throws OptionError
 */
export function readRetry(option: string, given: RetryOptions | false | undefined): RetrySettings {
  const own = section(option, given === false ? { attempts: 0, on: [] } : given, keys)
  const budget = section(`${option}.budget`, own.budget, ['ratio', 'minimum'])
  const perTryTimeout = duration(`${option}.perTryTimeout`, own.perTryTimeout, 0)
  return Object.freeze({
    attempts: attemptsOf(`${option}.attempts`, own.attempts),
    on: conditionsOf(`${option}.on`, own.on, perTryTimeout > 0 ? ['reset', 'timeout'] : ['reset']),
    perTryTimeout,
    bufferBody: size(`${option}.bufferBody`, own.bufferBody === false ? 0 : own.bufferBody, 0),
    hedgeAfter: duration(`${option}.hedgeAfter`, own.hedgeAfter, 0),
    budget: Object.freeze({
      ratio: between(`${option}.budget.ratio`, budget.ratio, 0.2, 0, 1),
      minimum: integer(`${option}.budget.minimum`, budget.minimum, 3),
    }),
  })
}

/** @param active exchanges of the pool in flight, those in its queue included */
export function retryPolicy(settings: RetrySettings, active: () => number): RetryPolicy {
  return Object.freeze({ ...settings, budget: createRetryBudget(settings.budget, active) })
}

function attemptsOf(option: string, given: number | undefined): number {
  const attempts = integer(option, given, 2)
  if (attempts > mostAttempts) throw new OptionError(option, given, `give at most ${mostAttempts}`)
  return attempts
}

function conditionsOf(
  option: string,
  given: readonly RetryCondition[] | undefined,
  byDefault: readonly RetryCondition[],
): ReadonlySet<RetryCondition> {
  if (given === undefined) return new Set(byDefault)
  const all = retryConditions.map((word) => `'${word}'`).join(', ')
  if (!Array.isArray(given)) throw new OptionError(option, given, `give a list of some of ${all}`)
  for (const [i, word] of given.entries()) {
    if (retryConditions.includes(word)) continue
    const near = typeof word === 'string' ? nearest(word, retryConditions) : undefined
    throw new OptionError(
      `${option}[${i}]`,
      word,
      near === undefined ? `give one of ${all}` : `did you mean '${near}'?`,
    )
  }
  return new Set(given)
}
