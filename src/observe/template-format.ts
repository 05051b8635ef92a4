import type { Exchange } from '../contract/exchange.ts'
import { OptionError } from '../contract/options.ts'
import { escapeText } from './escape.ts'
import { type LogFact, logFact } from './log-fact.ts'
import type { Redactor } from './redact.ts'

/**
 * A line from a text with facts in it: `{status}`. A missing fact is `-`; `{{` and `}}` are braces, as in field rules.
 * @throws OptionError for a fact that does not exist, a lone brace, a control character
 */
export function templateFormat(
  option: string,
  text: string,
  redactor: Redactor,
  wall: () => number,
): (exchange: Exchange) => string {
  if (/[\0-\x1f\x7f]/.test(text.replaceAll('\t', ''))) {
    throw new OptionError(option, text, 'a line of the log holds no line ends or other control characters but the tab')
  }
  const pieces: (string | LogFact)[] = []
  for (const part of text.split(/(\{\{|\}\}|\{[^{}]*\})/)) {
    if (part === '{{' || part === '}}') pieces.push(part.charAt(0))
    else if (part.startsWith('{') && part.endsWith('}')) pieces.push(logFact(option, part.slice(1, -1), redactor, wall))
    else if (/[{}]/.test(part)) {
      throw new OptionError(option, text, 'a brace stands alone. Write {fact}, or {{ and }} for braces')
    } else if (part !== '') pieces.push(part)
  }

  return function templateFormat(exchange) {
    let line = ''
    for (const piece of pieces) {
      if (typeof piece === 'string') {
        line += piece
        continue
      }
      const value = piece.read(exchange)
      line += value === undefined ? '-' : typeof value === 'string' ? escapeText(value, piece.limit) : String(value)
    }
    return line
  }
}
