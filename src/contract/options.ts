/** A bad option. The message names the option, what was given, and what is right. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
  readonly code = 'SP_BAD_OPTION'
  readonly option: string

  constructor(option: string, given: unknown, right: string) {
    super(`Option '${option}' ${describe(given)}: ${right}`)
    this.option = option
  }
}

const hidden = '(hidden)'

function describe(given: unknown): string {
  if (given === undefined) return 'is missing'
  // Errors go to logs, and a URL that is wrong may have a password in it.
  if (typeof given === 'string') return `is ${JSON.stringify(given.replace(/\/\/.*@/s, '//(hidden)@'))}`
  if (typeof given === 'function') return 'is a function'
  if (typeof given === 'object' && given !== null) return `is ${Array.isArray(given) ? 'a list' : 'an object'}`
  return `is ${String(given)}`
}

/**
 * Throws for what is no object, and for a key that is not in `known`, naming the nearest one that is.
 * @param secret a slip such as `passwort` must not print its value
 */
export function knownKeys(where: string, given: object, known: readonly string[], secret = false): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const shown = secret && typeof given !== 'object' && given !== undefined ? hidden : given
    throw new OptionError(where === '' ? 'options' : where, shown, `give an object with some of: ${known.join(', ')}`)
  }
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    throw new OptionError(
      where === '' ? key : `${where}.${key}`,
      secret ? hidden : (given as Record<string, unknown>)[key],
      `there is no such option. ${near === undefined ? `The options are: ${known.join(', ')}` : `Did you mean '${near}'?`}`,
    )
  }
}

/** The closest of `known` by edit distance, when it is close enough to be a slip of the hand. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

/** The options under one key: checked for unknown keys; absent is empty. `null` is no object. */
export function section<T extends object>(where: string, given: T | undefined, known: readonly string[]): Partial<T> {
  if (given === undefined) return {}
  knownKeys(where, given, known)
  return given
}

/** The longest that Node's timers can wait; a longer one fires at once. */
const longest = 2 ** 31 - 1

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds from a number or from text such as `'500ms'`, `'30s'`, `'1.5m'`, `'2h'`. `false` is 0: off. */
export function duration(option: string, given: number | string | false | undefined, byDefault: number): number {
  if (given === undefined) return byDefault
  if (given === false) return 0
  const parts = typeof given === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(given) : null
  const ms = parts === null ? given : Number(parts[1]) * (durationUnits[parts[2] as string] as number)
  if (typeof ms !== 'number' || !(ms >= 0)) {
    throw new OptionError(option, given, "give milliseconds or text such as '500ms', '30s', '2m'; false is off")
  }
  if (ms > longest) throw new OptionError(option, given, 'give at most 2147483647 ms, nearly 25 days; false is off')
  return ms
}

/** Milliseconds of a duration that cannot be off. `right` says why, and what to give. */
export function time(
  option: string,
  given: number | string | undefined,
  byDefault: number,
  right = "give more than 0, such as '5s'",
): number {
  const ms = duration(option, given, byDefault)
  if (ms === 0) throw new OptionError(option, given, right)
  return ms
}

const sizeUnits: Readonly<Record<string, number>> = { b: 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 }

/** Bytes from a number or from text such as `'64KiB'`, `'10MiB'`. `false` is Infinity: no limit. */
export function size(option: string, given: number | string | false | undefined, byDefault: number): number {
  if (given === undefined) return byDefault
  if (given === false) return Number.POSITIVE_INFINITY
  if (typeof given === 'number' && Number.isInteger(given) && given >= 0) return given
  const parts = typeof given === 'string' ? /^(\d+)(b|kib|mib|gib)$/i.exec(given) : null
  if (parts === null) {
    throw new OptionError(option, given, "give bytes or text such as '64KiB', '10MiB'; false is no limit")
  }
  return Number(parts[1]) * (sizeUnits[(parts[2] as string).toLowerCase()] as number)
}

/** A whole number of at least `least`. */
export function integer(option: string, given: number | undefined, byDefault: number, least = 0): number {
  if (given === undefined) return byDefault
  if (Number.isInteger(given) && given >= least) return given
  throw new OptionError(option, given, `give a whole number of at least ${least}`)
}

/** A number from `least` to `most`, both included. */
export function between(
  option: string,
  given: number | undefined,
  byDefault: number,
  least: number,
  most: number,
): number {
  if (given === undefined) return byDefault
  if (typeof given === 'number' && given >= least && given <= most) return given
  throw new OptionError(option, given, `give a number from ${least} to ${most}`)
}

/** One of a list of words. */
export function oneOf<T extends string>(option: string, given: T | undefined, byDefault: T, words: readonly T[]): T {
  if (given === undefined) return byDefault
  if (words.includes(given)) return given
  throw new OptionError(option, given, `give one of ${words.map((word) => `'${word}'`).join(', ')}`)
}

/** A yes or a no. */
export function flag(option: string, given: boolean | undefined, byDefault: boolean): boolean {
  if (given === undefined) return byDefault
  if (typeof given === 'boolean') return given
  throw new OptionError(option, given, 'give true or false')
}
