import type { Exchange } from '../contract/exchange.ts'
import { factReader, factTable } from '../contract/facts.ts'
import { nearest, OptionError } from '../contract/options.ts'
import { causeText } from './cause.ts'
import type { Redactor } from './redact.ts'

type Fact = string | number | boolean | undefined

/** One fact as a log may show it: without secrets. Not escaped yet. */
export interface LogFact {
  readonly read: (exchange: Exchange) => Fact
  /** Characters shown of a text. */
  readonly limit: number
}

const targetLimit = 2048
const fieldLimit = 256
const fieldPrefix = 'request.field.'
const targets: ReadonlySet<string> = new Set(['target', 'path', 'query', 'authority', 'host'])

/**
 * A fact by its name: those of the contract, `request.field.NAME`, and two that only a log has: `cause` (why it failed)
 * and `time` (when it began, ISO 8601).
 * @throws OptionError for a name that is no fact
 */
export function logFact(option: string, name: string, redactor: Redactor, wall: () => number): LogFact {
  if (name === 'time') return { read: (x) => new Date(startOf(x, wall())).toISOString(), limit: fieldLimit }
  if (name === 'cause') return { read: (x) => hide(causeText(x.facts.cause), redactor.text), limit: fieldLimit }
  const read = factReader(name)
  if (read === undefined) {
    const names = [...Object.keys(factTable), 'cause', 'time']
    const near = nearest(name, names)
    const hint =
      near === undefined ? `The facts are: ${names.join(', ')}, request.field.NAME` : `Did you mean '${near}'?`
    throw new OptionError(option, name, `there is no such fact. ${hint}`)
  }
  if (targets.has(name)) return { read: (x) => hide(cut(read(x)), redactor.target), limit: targetLimit }
  if (name.startsWith(fieldPrefix)) {
    const field = name.slice(fieldPrefix.length).toLowerCase()
    return { read: (x) => hide(cut(read(x)), (value) => redactor.field(field, value)), limit: fieldLimit }
  }
  return { read, limit: fieldLimit }
}

/** When an exchange that is over began, in milliseconds since the epoch. */
export function startOf(exchange: Exchange, now: number): number {
  return now - Math.max(0, exchange.facts.duration)
}

function hide(fact: Fact, redact: (text: string) => string): Fact {
  return typeof fact === 'string' ? redact(fact) : fact
}

/** Bounds the work before anything looks at it. One more than is shown, so that the escaper sees that there was more. */
function cut(fact: Fact): Fact {
  return typeof fact === 'string' && fact.length > targetLimit ? fact.slice(0, targetLimit + 1) : fact
}
