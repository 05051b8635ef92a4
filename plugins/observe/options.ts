import type { Logger } from 'pino'
import type { Exchange } from '../../src/contract/exchange.ts'
import { knownKeys, OptionError, size } from '../../src/contract/options.ts'
import type { AccessLogFormat } from '../../src/observe/access-log.ts'
import type { LineDestination } from '../../src/observe/line-sink.ts'

export interface ObserveOptions {
  /**
   * One line an exchange: `'json'`, Apache's `'combined'`, or a template such as `'{time} {method} {target} {status}'`.
   * @default 'json'
   */
  readonly accessLog?: AccessLogFormat | false
  /** Where lines go: a stream, a pino destination, anything with `write(line)`. @default standard output */
  readonly destination?: LineDestination
  /** Your own pino logger for `'json'`, instead of `destination`. */
  readonly logger?: Logger
  /** Bytes that wait for a slow destination; more is dropped and counted, the traffic never waits. @default 1 MiB */
  readonly maxPending?: number | string
  /** Told when lines were dropped, with the count so far: at 1, 2, 4, 8, ... @default a warning through `app.log` */
  readonly onDrop?: (dropped: number) => void
  /**
   * Names of query parameters whose values are hidden, in place of the built-in ones. Danger: `false` hides none.
   * @default token, key, password, secret, code, session and their like
   */
  readonly redactQuery?: readonly string[] | false
  /** Leaves an exchange out of the log: health checks, for one. */
  readonly skip?: (exchange: Exchange) => boolean
}

const keys = ['accessLog', 'destination', 'logger', 'maxPending', 'onDrop', 'redactQuery', 'skip']

/** The options, checked. The formats are checked where they are compiled. */
export function readObserveOptions(options: ObserveOptions): ObserveOptions & {
  readonly accessLog: AccessLogFormat | false
  readonly maxPending: number
} {
  knownKeys('observe', options, keys)
  const { accessLog = 'json', destination, logger } = options
  if (destination !== undefined && typeof destination?.write !== 'function') {
    throw new OptionError('destination', destination, 'give a stream or an object with write(line)')
  }
  if (logger !== undefined && typeof logger?.info !== 'function') {
    throw new OptionError('logger', logger, 'give a pino logger')
  }
  if (logger !== undefined && destination !== undefined) {
    throw new OptionError('logger', logger, "give 'logger' or 'destination', not both")
  }
  if (logger !== undefined && accessLog !== 'json') {
    throw new OptionError('logger', logger, "it writes 'json' alone; give 'destination' for lines of text")
  }
  for (const name of ['skip', 'onDrop'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') {
      throw new OptionError(name, options[name], 'give a function')
    }
  }
  return { ...options, accessLog, maxPending: size('maxPending', options.maxPending, 1024 ** 2) }
}
