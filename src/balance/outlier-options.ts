import { duration, integer, OptionError, section, time } from '../contract/options.ts'

/**
 * Passive health: upstreams that do worse than the others are ejected for a time that grows (Envoy's outlier model, and two
 * triggers of our own). Each trigger can be `false`. What counts as a failure: answers of 500 to 599, and connections that
 * could not be made, broke off or timed out. A client that leaves is none. Danger: when certain requests fail wherever they
 * go, whoever sends them can eject upstreams, up to `maxEjected`.
 */
export interface OutlierOptions {
  /** Failures of any kind in a row. @default 5 */
  readonly consecutive5xx?: number | false
  /** Failures in a row of 502, 503, 504, or without an answer. @default false */
  readonly consecutiveGateway?: number | false
  /** Failures in a row without a whole answer: connect failures, resets, timeouts. @default 5 */
  readonly consecutiveLocal?: number | false
  /** Success rate of an interval that is far below the others'. */
  readonly successRate?: SuccessRateOptions | false
  /** Share of failures of an interval, whatever the others do. */
  readonly failurePercentage?: FailurePercentageOptions | false
  /** Share of failures that is far above the others'; for pools too small for `successRate`, and within the interval. */
  readonly failureGap?: FailureGapOptions | false
  /** Answers that take much longer than the others'. */
  readonly latency?: OutlierLatencyOptions | false
  /** Time between two looks at rates. @default '10s' */
  readonly interval?: number | string
  /** How long the first ejection lasts; the nth in a row lasts n times that. @default '30s' */
  readonly baseEjection?: number | string
  /** The longest ejection; never less than `baseEjection`. @default '300s' */
  readonly maxEjection?: number | string
  /** Up to so much is added to each, at random, so that they do not all come back at once. @default 0 */
  readonly ejectionJitter?: number | string | false
  /**
   * Percent of the pool that may be out at a time, rounded down, but always at least one. Never the last one that is well.
   * @default 50
   */
  readonly maxEjected?: number
}

/** Out goes who is below `mean - deviations * standard deviation` of all success rates. */
export interface SuccessRateOptions {
  /** Upstreams with enough requests, below which rates are not compared. @default 5 */
  readonly minimumHosts?: number
  /** Requests in the interval, below which an upstream is not compared. @default 100 */
  readonly minimumRequests?: number
  /** With n upstreams nobody can be more than the root of n - 1 away: 1.9 needs five. @default 1.9 */
  readonly deviations?: number
}

/** Out goes who fails so often. */
export interface FailurePercentageOptions {
  /** Percent, 1 to 100. @default 85 */
  readonly threshold?: number
  /** Upstreams with enough requests, below which nobody is judged. @default 5 */
  readonly minimumHosts?: number
  /** Requests in the interval, below which an upstream is not judged. @default 50 */
  readonly minimumRequests?: number
}

/** Out goes who fails so much more often than the others together. Looked at with every failure. */
export interface FailureGapOptions {
  /** Percentage points, 1 to 100. @default 30 */
  readonly points?: number
  /** Requests in the interval, below which an upstream is not compared, nor the others with it. @default 30 */
  readonly minimumRequests?: number
}

/**
 * Out goes whose answers take `factor` times the median of the others' means, while those answer as quickly as ever: when
 * all slow down together, nobody goes. Measured until the head of the answer. Danger: under a hash policy, one whose
 * clients ask for slow things only.
 */
export interface OutlierLatencyOptions {
  /** Above 1. @default 10 */
  readonly factor?: number
  /** Answers up to this are never slow, and the slow ones must go on for as long. @default '100ms' */
  readonly floor?: number | string | false
  /** Slow answers in a row. @default 5 */
  readonly consecutive?: number
  /** Answers since it came, below which an upstream is neither judged nor a measure for others. @default 20 */
  readonly minimumRequests?: number
}

export interface OutlierSettings {
  /** 0 is off; so for the next two. */
  readonly consecutive5xx: number
  readonly consecutiveGateway: number
  readonly consecutiveLocal: number
  readonly successRate: Required<SuccessRateOptions> | undefined
  readonly failurePercentage: Required<FailurePercentageOptions> | undefined
  readonly failureGap: Required<FailureGapOptions> | undefined
  readonly latency: LatencySettings | undefined
  readonly interval: number
  readonly baseEjection: number
  readonly maxEjection: number
  readonly ejectionJitter: number
  readonly maxEjected: number
}

export interface LatencySettings {
  readonly factor: number
  readonly floor: number
  readonly consecutive: number
  readonly minimumRequests: number
}

const known = [
  'consecutive5xx',
  'consecutiveGateway',
  'consecutiveLocal',
  'successRate',
  'failurePercentage',
  'failureGap',
  'latency',
  'interval',
  'baseEjection',
  'maxEjection',
  'ejectionJitter',
  'maxEjected',
] as const satisfies readonly (keyof OutlierOptions)[]

/**
 * Settings of passive health; undefined is off. On by default; `true` says so.
 * @throws OptionError
 */
export function readOutlier(option: string, given: OutlierOptions | boolean | undefined): OutlierSettings | undefined {
  if (given === false) return undefined
  const whole = section<OutlierOptions>(option, given === true ? undefined : given, known)
  const at = (key: string): string => `${option}.${key}`
  const baseEjection = time(at('baseEjection'), whole.baseEjection, 30_000)
  return Object.freeze({
    consecutive5xx: inARow(at('consecutive5xx'), whole.consecutive5xx, 5),
    consecutiveGateway: inARow(at('consecutiveGateway'), whole.consecutiveGateway, 0),
    consecutiveLocal: inARow(at('consecutiveLocal'), whole.consecutiveLocal, 5),
    successRate: readSuccessRate(at('successRate'), whole.successRate),
    failurePercentage: readFailurePercentage(at('failurePercentage'), whole.failurePercentage),
    failureGap: readFailureGap(at('failureGap'), whole.failureGap),
    latency: readLatency(at('latency'), whole.latency),
    interval: time(at('interval'), whole.interval, 10_000),
    baseEjection,
    maxEjection: Math.max(baseEjection, time(at('maxEjection'), whole.maxEjection, 300_000)),
    ejectionJitter: duration(at('ejectionJitter'), whole.ejectionJitter, 0),
    maxEjected: percent(at('maxEjected'), whole.maxEjected, 50),
  })
}

function readSuccessRate(
  option: string,
  given: SuccessRateOptions | false | undefined,
): OutlierSettings['successRate'] {
  if (given === false) return undefined
  const whole = section(option, given, ['minimumHosts', 'minimumRequests', 'deviations'])
  return Object.freeze({
    minimumHosts: integer(`${option}.minimumHosts`, whole.minimumHosts, 5, 2),
    minimumRequests: integer(`${option}.minimumRequests`, whole.minimumRequests, 100, 1),
    deviations: above(`${option}.deviations`, whole.deviations, 1.9, 0),
  })
}

function readFailurePercentage(
  option: string,
  given: FailurePercentageOptions | false | undefined,
): OutlierSettings['failurePercentage'] {
  if (given === false) return undefined
  const whole = section(option, given, ['threshold', 'minimumHosts', 'minimumRequests'])
  return Object.freeze({
    threshold: percent(`${option}.threshold`, whole.threshold, 85),
    minimumHosts: integer(`${option}.minimumHosts`, whole.minimumHosts, 5, 1),
    minimumRequests: integer(`${option}.minimumRequests`, whole.minimumRequests, 50, 1),
  })
}

function readFailureGap(option: string, given: FailureGapOptions | false | undefined): OutlierSettings['failureGap'] {
  if (given === false) return undefined
  const whole = section(option, given, ['points', 'minimumRequests'])
  return Object.freeze({
    points: percent(`${option}.points`, whole.points, 30),
    minimumRequests: integer(`${option}.minimumRequests`, whole.minimumRequests, 30, 1),
  })
}

function readLatency(option: string, given: OutlierLatencyOptions | false | undefined): LatencySettings | undefined {
  if (given === false) return undefined
  const whole = section(option, given, ['factor', 'floor', 'consecutive', 'minimumRequests'])
  return Object.freeze({
    factor: above(`${option}.factor`, whole.factor, 10, 1),
    floor: duration(`${option}.floor`, whole.floor, 100),
    consecutive: integer(`${option}.consecutive`, whole.consecutive, 5, 1),
    minimumRequests: integer(`${option}.minimumRequests`, whole.minimumRequests, 20, 1),
  })
}

function inARow(option: string, given: number | false | undefined, byDefault: number): number {
  return given === false ? 0 : integer(option, given, byDefault, 1)
}

function percent(option: string, given: number | undefined, byDefault: number): number {
  if (given === undefined) return byDefault
  if (typeof given === 'number' && given > 0 && given <= 100) return given
  throw new OptionError(option, given, 'give a percentage above 0 and up to 100')
}

function above(option: string, given: number | undefined, byDefault: number, least: number): number {
  if (given === undefined) return byDefault
  if (typeof given === 'number' && given > least && given !== Number.POSITIVE_INFINITY) return given
  throw new OptionError(option, given, `give a number above ${least}`)
}
