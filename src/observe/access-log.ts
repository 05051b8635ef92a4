import { systemClock } from '../contract/clock.ts'
import { errorTable } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import { factTable } from '../contract/facts.ts'
import { OptionError } from '../contract/options.ts'
import { combinedFormat } from './combined-format.ts'
import { escapeJson } from './escape.ts'
import { type LogFact, logFact } from './log-fact.ts'
import { createRedactor } from './redact.ts'
import { templateFormat } from './template-format.ts'

/** `json`, `combined`, or a template such as `'{client.ip} {method} {target} {status} {duration}'`. */
export type AccessLogFormat = 'json' | 'combined' | (string & {})

export interface AccessLogOptions {
  /** Names of query parameters whose values are hidden; false hides none. @default see redact.ts */
  readonly redactQuery?: readonly string[] | false | undefined
  /** Milliseconds since the epoch. @default the machine's clock */
  readonly wall?: (() => number) | undefined
}

/** What is logged of an exchange that is over: one line of text without its end, or one flat object (`json`). */
export type AccessLog = (exchange: Exchange) => string | Record<string, string | number | boolean>

/**
 * Reads a format once, so that a line is cheap. Whatever the client sent, a line is one line of printable ASCII, bounded
 * in length, without secrets.
 * @throws OptionError for a template with a fact that does not exist, or one that is no template at all
 */
export function compileAccessLog(format: AccessLogFormat, options: AccessLogOptions = {}): AccessLog {
  const redactor = createRedactor(options.redactQuery)
  const wall = options.wall ?? systemClock.wall
  if (format === 'json') {
    return jsonFormat(jsonKeys.map((name) => [name, logFact('accessLog', name, redactor, wall)]))
  }
  if (format === 'combined') return combinedFormat(redactor, wall)
  if (typeof format === 'string' && format.includes('{')) return templateFormat('accessLog', format, redactor, wall)
  throw new OptionError(
    'accessLog',
    format,
    "give 'json', 'combined', false, or a template such as '{method} {status}'",
  )
}

/** `warn` when we or the upstream failed; a client that left or sent nonsense is everyday life. */
export function logLevel(exchange: Exchange): 'info' | 'warn' {
  const { error } = exchange.facts
  if (error === undefined) return 'info'
  const { status, source } = errorTable[error]
  return status >= 500 && source !== 'downstream' ? 'warn' : 'info'
}

// `host`, `path` and `query` are parts of `authority` and `target`.
const jsonKeys = [...Object.keys(factTable).filter((name) => !/^(?:host|path|query)$/.test(name)), 'cause']

function jsonFormat(facts: readonly (readonly [string, LogFact])[]): AccessLog {
  return function jsonFormat(exchange) {
    const line: Record<string, string | number | boolean> = {}
    for (const [name, { read, limit }] of facts) {
      const value = read(exchange)
      if (value !== undefined) line[name] = typeof value === 'string' ? escapeJson(value, limit) : value
    }
    return line
  }
}
