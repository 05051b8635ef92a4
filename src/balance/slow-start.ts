import { duration, OptionError, section } from '../contract/options.ts'

/** How an upstream that comes, or comes back, grows into its share. */
export interface SlowStartOptions {
  /** Time until it has its whole share; milliseconds or text such as `'30s'`. @default '30s' */
  readonly window?: number | string
  /** 1 grows in a line; more grows faster at first, less slower. Above 0. @default 1 */
  readonly aggression?: number
  /** The least share, above 0 and up to 1. Very small ones leave caches and compilers cold for long. @default 0.1 */
  readonly minimum?: number
}

export interface SlowStart {
  /** Milliseconds until the whole share. */
  readonly window: number
  /** 1 grows in a line; more grows faster at first. */
  readonly aggression: number
  /** The least share, 0 to 1. */
  readonly minimum: number
}

/**
 * Share of its weight that an upstream gets `since` milliseconds after it came (back), 0 to 1. Envoy:
 * `max(minimum, (max(t, 1) / window) ^ (1 / aggression))`, with t and window in seconds.
 */
export function slowStartShare(settings: SlowStart, since: number): number {
  const { window, aggression, minimum } = settings
  if (since >= window) return 1
  // Windows below a second: the first second of the formula is past their end.
  return Math.max(minimum, Math.min(1, (Math.max(since, 1000) / window) ** (1 / aggression)))
}

/**
 * Settings of slow start; undefined is off: for `false` and a window of 0.
 * @throws OptionError
 */
export function readSlowStart(
  option: string,
  given: SlowStartOptions | number | string | false | undefined,
): SlowStart | undefined {
  const isWindow = given === false || typeof given === 'number' || typeof given === 'string'
  const whole = isWindow ? {} : section(option, given, ['window', 'aggression', 'minimum'])
  const window = isWindow ? duration(option, given, 30_000) : duration(`${option}.window`, whole.window, 30_000)
  const aggression = whole.aggression ?? 1
  if (typeof aggression !== 'number' || !(aggression > 0) || aggression === Number.POSITIVE_INFINITY) {
    throw new OptionError(`${option}.aggression`, aggression, 'give a number above 0; 1 grows in a line')
  }
  const minimum = whole.minimum ?? 0.1
  if (typeof minimum !== 'number' || !(minimum > 0 && minimum <= 1)) {
    throw new OptionError(`${option}.minimum`, minimum, 'give a share above 0 and up to 1, such as 0.1')
  }
  return window === 0 ? undefined : Object.freeze({ window, aggression, minimum })
}
