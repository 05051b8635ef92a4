import { isField } from '../http/hop-by-hop.ts'
import { parseDictionary } from '../http/structured-fields.ts'
import { DirectiveDraft } from './directive-draft.ts'
import { readDirectiveLine } from './directive-line.ts'
import { readSurrogateControl } from './surrogate-control.ts'

/** What a response says of its storage, strictly read. Durations are seconds, at most 2^31. */
export interface ResponseDirectives {
  /** False when neither Cache-Control nor a targeted field is there. */
  readonly present: boolean
  /** A targeted field (RFC 9213) or Surrogate-Control spoke: Cache-Control and Expires do not count. */
  readonly targeted: boolean
  readonly noStore: boolean
  /** Also for `no-cache="..."`: which fields it names is not looked at. */
  readonly noCache: boolean
  /** Also for `private="..."`. */
  readonly private: boolean
  readonly public: boolean
  readonly mustRevalidate: boolean
  readonly proxyRevalidate: boolean
  /** With it, `noStore` does not count for who understands the status (RFC 9111 5.2.2.3). */
  readonly mustUnderstand: boolean
  readonly immutable: boolean
  /** May answer others than the one with the Authorization it was for (RFC 9111 3.5): `public`, `s-maxage` or `must-revalidate`, beyond doubt. */
  readonly shareable: boolean
  /** Undefined when not there; 0 when invalid, the smallest of several (RFC 9111 4.2.1). */
  readonly maxAge: number | undefined
  readonly sMaxAge: number | undefined
  /** Undefined when not there or invalid; the smallest of several. RFC 5861. */
  readonly staleWhileRevalidate: number | undefined
  readonly staleIfError: number | undefined
}

export interface DirectiveOptions {
  /** Lower-case names of targeted fields (RFC 9213), the preferred first. */
  readonly targets: readonly string[]
  /** Our device token in Surrogate-Control; undefined: that field is ignored. */
  readonly surrogate: string | undefined
}

/**
 * Reads Cache-Control or what stands in for it, RFC 9111 5.2: the first targeted field that is there, a valid dictionary and
 * not empty (RFC 9213), else Surrogate-Control, else Cache-Control.
 *
 * Whatever can be read in two ways is read the strict way. A directive that restricts counts with any argument, in any case,
 * and where spaces, quotes or other oddities leave open whether it is one; an unclosed quote is `no-store`. A directive that
 * permits counts in its exact form alone. A targeted field that is no dictionary is passed over, but the `no-store`, `private`
 * and `no-cache` in it count. `Pragma: no-cache` without Cache-Control is `no-cache`: nobody who sends it means less.
 */
export function readResponseDirectives(fields: readonly string[], options: DirectiveOptions): ResponseDirectives {
  const draft = new DirectiveDraft()
  if (readTargeted(fields, options.targets, draft)) return draft.finish(true, true)
  if (options.surrogate !== undefined && readSurrogate(fields, options.surrogate, draft))
    return draft.finish(true, true)
  const lines = linesOf(fields, 'cache-control')
  for (const line of lines) draft.addLine(readDirectiveLine(line, false))
  if (lines.length === 0 && linesOf(fields, 'pragma').some(hasNoCache)) draft.addNoCache()
  return draft.finish(lines.length > 0, false)
}

function hasNoCache(pragma: string): boolean {
  return pragma.toLowerCase().includes('no-cache')
}

function readTargeted(fields: readonly string[], targets: readonly string[], draft: DirectiveDraft): boolean {
  for (const target of targets) {
    // Each line by itself: a quote that is left open in one must not hide what stands in the next.
    const lines = linesOf(fields, target)
    const dictionaries = lines.map(parseDictionary)
    if (dictionaries.includes(undefined)) {
      for (const line of lines) draft.addProhibitions(readDirectiveLine(line, false))
      continue
    }
    for (const dictionary of dictionaries) for (const [name, member] of dictionary ?? []) draft.addMember(name, member)
    if (dictionaries.some((dictionary) => dictionary !== undefined && dictionary.size > 0)) return true
  }
  return false
}

function readSurrogate(fields: readonly string[], device: string, draft: DirectiveDraft): boolean {
  const line = readSurrogateControl(linesOf(fields, 'surrogate-control'), device)
  if (line !== undefined) draft.addLine(line)
  return line !== undefined
}

function linesOf(fields: readonly string[], lower: string): readonly string[] {
  let lines: string[] | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length !== lower.length || !isField(name, lower)) continue
    lines ??= []
    lines.push(fields[i + 1] as string)
  }
  return lines ?? none
}

const none: readonly string[] = []
