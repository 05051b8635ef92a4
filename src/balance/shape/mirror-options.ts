import { between, integer, knownKeys, OptionError, size, time } from '../../contract/options.ts'

/** Copies of requests for another pool: a new version sees real traffic, and no client sees its answers. */
export interface MirrorOptions {
  /** Name of the pool that gets the copies. */
  readonly pool: string
  /** Part of the requests that is copied, 0 to 1; drawn at random. @default 1 */
  readonly share?: number
  /**
   * Copies under way at a time. More are dropped, and counted. Each may hold `bodyLimit` bytes: the product is what the
   * mirror takes of memory at most.
   * @default 100
   */
  readonly maxConcurrent?: number
  /** Bytes of content that are kept for a copy. A request with more is not copied. @default '64KiB' */
  readonly bodyLimit?: number | string
  /** From the moment that the request goes out until the copy's answer has ended. Then the copy is given up. @default '10s' */
  readonly timeout?: number | string
  /**
   * What is copied. Danger: a copy of a POST is a second POST. List others only where the mirror's pool writes to a store
   * of its own. CONNECT and upgrades are never copied.
   * @default ['GET', 'HEAD', 'OPTIONS']
   */
  readonly methods?: readonly string[]
}

export interface MirrorSettings {
  readonly pool: string
  readonly share: number
  readonly maxConcurrent: number
  readonly bodyLimit: number
  readonly timeout: number
  readonly methods: ReadonlySet<string>
}

const known = ['pool', 'share', 'maxConcurrent', 'bodyLimit', 'timeout', 'methods']
const safe = ['GET', 'HEAD', 'OPTIONS']

/** @throws OptionError for what is not right */
export function readMirrorSettings(option: string, given: MirrorOptions): MirrorSettings {
  knownKeys(option, given, known)
  const { pool } = given
  if (typeof pool !== 'string' || pool === '') {
    throw new OptionError(`${option}.pool`, pool, 'give the name of the pool that gets the copies')
  }
  const bodyLimit = size(`${option}.bodyLimit`, given.bodyLimit, 64 * 1024)
  if (bodyLimit === Number.POSITIVE_INFINITY) {
    throw new OptionError(`${option}.bodyLimit`, given.bodyLimit, 'content is kept in memory: give a limit')
  }
  return Object.freeze({
    pool,
    share: between(`${option}.share`, given.share, 1, 0, 1),
    maxConcurrent: integer(`${option}.maxConcurrent`, given.maxConcurrent, 100, 1),
    bodyLimit,
    timeout: time(`${option}.timeout`, given.timeout, 10_000, 'a copy needs an end: give more than 0'),
    methods: readMethods(`${option}.methods`, given.methods ?? safe),
  })
}

function readMethods(option: string, given: readonly string[]): ReadonlySet<string> {
  if (!Array.isArray(given) || given.length === 0) {
    throw new OptionError(option, given, "give a list of methods such as ['GET', 'HEAD']")
  }
  for (const method of given) {
    if (typeof method !== 'string' || !/^[A-Z][A-Z-]*$/.test(method)) {
      throw new OptionError(option, method, "a method is written in capitals: 'GET'")
    }
    if (method === 'CONNECT') throw new OptionError(option, method, 'a tunnel cannot be copied')
  }
  return new Set(given)
}
