import { encodingClass, languageClass } from './negotiation.ts'

/** A request as its client made it. */
export interface Asked {
  readonly client: string
  readonly method: string
  readonly host: string
  /** With the query. */
  readonly path: string
  /** Flat. */
  readonly fields: readonly string[]
  readonly hasBody: boolean
  /** Exchanges begun before it. */
  readonly turn: number
}

/** An answer of the upstream, and the request that it was made for. */
export interface Made {
  readonly serial: number
  readonly asked: Asked
  /** Request fields that reached the upstream, flat. */
  readonly seen: readonly string[]
  readonly status: number
  /** Flat. */
  readonly fields: readonly string[]
  /** What a 304, or a 200 to HEAD, speaks of. */
  readonly base: Made | undefined
  /** Every word on `base`, this one too; more may come. */
  readonly words: readonly Made[]
}

/** Why an answer is for its own request alone; `no-cache`: without the upstream's word that it still holds. */
export type Secret =
  | 'no-cache'
  | 'method'
  | 'body'
  | 'target'
  | 'request no-store'
  | 'private'
  | 'authorization'
  | 'set-cookie'
  | 'vary'
  | 'unkeyed'

/**
 * May an answer that was made for one request be given to another? Undefined when it may; else the first reason against it.
 * A simple reading of RFC 9111 3, 3.5 and 4.1, that shares nothing with the cache's own.
 */
export function whySecret(made: Made, reader: Asked): Exclude<Secret, 'no-cache'> | undefined {
  const { asked, seen } = made
  if (!isSafe(asked.method) || !isSafe(reader.method)) return 'method'
  if (asked.hasBody || reader.hasBody) return 'body'
  if (asked.host !== reader.host || asked.path !== reader.path) return 'target'
  if (/no-store/i.test(textOf(asked.fields, 'cache-control') ?? '')) return 'request no-store'
  if (routing.some((name) => reached(name, asked, seen))) return 'unkeyed'
  const reasons = readings(made).map((fields) => whyFieldsForbid(fields, asked, reader))
  return reasons.includes(undefined) ? undefined : reasons[0]
}

function whyFieldsForbid(
  fields: readonly string[],
  asked: Asked,
  reader: Asked,
): Exclude<Secret, 'no-cache'> | undefined {
  const control = governing(fields)
  if (/private|no-store/i.test(control)) return 'private'
  if (textOf(asked.fields, 'authorization') !== undefined && !allowsAuthorization(control)) return 'authorization'
  if (textOf(fields, 'set-cookie') !== undefined) return 'set-cookie'
  return agrees(textOf(fields, 'vary') ?? '', asked, reader) ? undefined : 'vary'
}

/** Must each use of it by another be confirmed by the upstream first? RFC 9111 5.2.2.4. */
export function needsConfirmation(made: Made): boolean {
  return readings(made).every((fields) => /no-cache/i.test(governing(fields)))
}

/** RFC 9111 3.2: what a 304 says stands in for the lines of the same names. */
function updated(fields: readonly string[], by: readonly string[]): readonly string[] {
  const all = [...by]
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (textOf(by, name.toLowerCase()) === undefined) all.push(name, fields[i + 1] as string)
  }
  return all
}

/**
 * The fields that a word on an old answer may have left of it. Of words that cross on their way, any may be the last but one:
 * each is tried alone, and together with all that were made before it.
 */
function readings({ base, fields, words }: Made): readonly (readonly string[])[] {
  if (base === undefined) return [fields]
  const befores = [base.fields]
  let all = base.fields
  for (const word of words) {
    all = updated(all, word.fields)
    befores.push(all, updated(base.fields, word.fields))
  }
  return befores.map((before) => updated(before, fields))
}

/** Every line of a field, joined. `name` in lower case. */
export function textOf(fields: readonly string[], name: string): string | undefined {
  const lines = []
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i]?.toLowerCase() === name) lines.push(fields[i + 1])
  }
  return lines.length === 0 ? undefined : lines.join(', ')
}

/** Fields that make some origins answer for another target. */
export const routing: readonly string[] = [
  'x-forwarded-host',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
]

const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD'

/** RFC 9213: a targeted field, where it is a valid dictionary with something in it, stands in for Cache-Control. */
function governing(fields: readonly string[]): string {
  const targeted = textOf(fields, 'cdn-cache-control')
  if (targeted !== undefined && targeted !== '' && !/[A-Z"]/.test(targeted)) return targeted
  // Who means nothing else by a broken one than to forbid, forbids.
  const forbidden = /private|no-store|no-cache/i.exec(targeted ?? '')?.[0] ?? ''
  return `${textOf(fields, 'cache-control') ?? ''}, ${forbidden}`
}

function allowsAuthorization(control: string): boolean {
  if ((control.match(/"/g) ?? []).length % 2 !== 0) return false
  return control
    .replace(/"[^"]*"/g, (quoted) => (/^"\d+"$/.test(quoted) ? quoted.slice(1, -1) : '"'))
    .split(',')
    .some((member) => /^(public|must-revalidate|s-maxage=\d+)$/i.test(member.trim()))
}

function agrees(vary: string, asked: Asked, reader: Asked): boolean {
  return vary
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
    .every((name) => /^[a-z-]+$/.test(name) && valueClass(name, asked) === valueClass(name, reader))
}

function reached(name: string, { fields }: Asked, seen: readonly string[]): boolean {
  const sent = textOf(fields, name)
  return sent !== undefined && textOf(seen, name)?.includes(sent) === true
}

/** Equal for values that mean the same. */
function valueClass(name: string, { fields }: Asked): string {
  const value = textOf(fields, name)
  if (name === 'accept-encoding') return encodingClass(value)
  if (name === 'accept-language') return languageClass(value)
  return value === undefined ? 'absent' : `is ${value}`
}
