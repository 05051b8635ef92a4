import type { Exchange } from '../contract/exchange.ts'
import { factReader, factTable } from '../contract/facts.ts'
import { nearest, OptionError } from '../contract/options.ts'
import { isText } from './chars.ts'

/** A field value with facts in it, read at boot. */
export interface Template {
  /** The value for one exchange. A missing fact is `''`; what may not stand in a field value is left out. */
  readonly evaluate: (exchange: Exchange) => string
  /** Does it read a fact that is known only once an upstream has been picked? */
  readonly needsUpstream: boolean
  /** Is the value the same for every exchange? */
  readonly isStatic: boolean
}

type Piece = string | ((exchange: Exchange) => string | number | boolean | undefined)

const upstreamFacts: ReadonlySet<string> = new Set([
  'upstream',
  'upstream.protocol',
  'upstream.reused',
  'attempts',
  'duration.connect',
])

/**
 * Reads `{fact}` in a text; `{{` and `}}` are braces. Throws an OptionError for a fact that does not exist, a lone brace,
 * and a character that may not stand in a field value (RFC 9110 5.5).
 */
export function compileTemplate(option: string, text: string): Template {
  if (typeof text !== 'string') throw new OptionError(option, text, 'give a text')
  if (clean(text) !== text) throw new OptionError(option, text, 'a field value holds no control characters')
  const pieces: Piece[] = []
  let needsUpstream = false
  for (const part of text.split(/(\{\{|\}\}|\{[^{}]*\})/)) {
    if (part === '{{' || part === '}}') {
      pieces.push(part.charAt(0))
    } else if (part.startsWith('{') && part.endsWith('}')) {
      const name = part.slice(1, -1)
      pieces.push(readerOf(option, text, name))
      needsUpstream ||= upstreamFacts.has(name)
    } else if (part.includes('{') || part.includes('}')) {
      throw new OptionError(option, text, 'a brace stands alone. Write {fact}, or {{ and }} for braces')
    } else if (part !== '') {
      pieces.push(part)
    }
  }
  const isStatic = pieces.every((piece) => typeof piece === 'string')
  return { evaluate: isStatic ? constant(pieces.join('')) : joined(pieces), needsUpstream, isStatic }
}

function readerOf(option: string, text: string, name: string): Piece {
  const reader = factReader(name)
  if (reader !== undefined) return reader
  const near = nearest(name, Object.keys(factTable))
  const hint = near === undefined ? `The facts are: ${Object.keys(factTable).join(', ')}` : `Did you mean '{${near}}'?`
  throw new OptionError(option, text, `there is no fact '${name}'. ${hint}`)
}

function constant(value: string): Template['evaluate'] {
  return () => value
}

function joined(pieces: readonly Piece[]): Template['evaluate'] {
  return function evaluateTemplate(exchange) {
    let value = ''
    for (const piece of pieces) {
      if (typeof piece === 'string') {
        value += piece
      } else {
        const fact = piece(exchange)
        if (fact !== undefined) value += typeof fact === 'string' ? clean(fact) : String(fact)
      }
    }
    return value
  }
}

/** Without what would end a field line, or make Node refuse to send it. */
function clean(value: string): string {
  return isText(value) ? value : value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
}
