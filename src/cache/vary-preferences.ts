import { isToken } from '../http/chars.ts'

/**
 * Accept-Encoding by what it means (RFC 9110 12.5.3): codings in ranks of preference, `br,gzip>deflate`, what is excluded
 * behind `!`. Undefined for what is not as the grammar has it, and for a coding that has two weights.
 */
export function normalEncoding(value: string): string | undefined {
  return remembered(encodings, value, readEncoding)
}

/**
 * Accept-Language or Accept-Charset by what it means (RFC 9110 12.5.4): without case, in ranks of preference. Undefined for
 * what is not as the grammar has it.
 */
export function normalLanguage(value: string): string | undefined {
  return remembered(languages, value, readLanguage)
}

/** Browsers send few values, each many times. */
const mostRemembered = 512
const longestRemembered = 128
const malformed = '\n'
const encodings = new Map<string, string>()
const languages = new Map<string, string>()

function remembered(
  known: Map<string, string>,
  value: string,
  read: (value: string) => string | undefined,
): string | undefined {
  const before = known.get(value)
  if (before !== undefined) return before === malformed ? undefined : before
  const normal = read(value)
  if (value.length > longestRemembered) return normal
  if (known.size >= mostRemembered) known.clear()
  known.set(value, normal ?? malformed)
  return normal
}

function readEncoding(value: string): string | undefined {
  const weights = readWeights(value)
  if (weights === undefined) return undefined
  for (const coding of ['gzip', 'compress']) {
    // RFC 9110 8.4.1: x-gzip and x-compress are other names of the same.
    const old = weights.get(`x-${coding}`)
    if (old === undefined) continue
    weights.delete(`x-${coding}`)
    if (weights.has(coding) && weights.get(coding) !== old) return undefined
    weights.set(coding, old)
  }
  // `*;q=0` excludes identity, and what is not named, which nobody may use anyway.
  if (weights.get('*') === 0) {
    weights.delete('*')
    if (!weights.has('identity')) weights.set('identity', 0)
  }
  // Identity is acceptable unless it is excluded: named last, it says nothing more.
  const identity = weights.get('identity')
  if (identity !== undefined && identity > 0) {
    let isLast = true
    for (const [coding, weight] of weights)
      if (coding !== 'identity' && weight > 0 && weight <= identity) isLast = false
    if (isLast) weights.delete('identity')
  }
  return ranked(weights)
}

function readLanguage(value: string): string | undefined {
  const weights = readWeights(value)
  return weights === undefined ? undefined : ranked(weights)
}

/** Weights in thousandths by lower-case token; undefined for a malformed member, or a token with two weights. */
function readWeights(value: string): Map<string, number> | undefined {
  const weights = new Map<string, number>()
  for (const member of value.toLowerCase().split(',')) {
    const text = member.trim()
    if (text === '') continue
    const semicolon = text.indexOf(';')
    const token = semicolon === -1 ? text : text.slice(0, semicolon).trimEnd()
    const weight = semicolon === -1 ? 1000 : readWeight(text.slice(semicolon + 1))
    // A token may have a `!` in it, but no coding and no language has, and `ranked` means something by it.
    if (weight === undefined || !isToken(token) || token.includes('!')) return undefined
    const before = weights.get(token)
    if (before !== undefined && before !== weight) return undefined
    weights.set(token, weight)
  }
  return weights
}

/** RFC 9110 12.4.2, in thousandths. */
function readWeight(text: string): number | undefined {
  const q = /^[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.exec(text)?.[1]
  return q === undefined ? undefined : Math.round(Number(q) * 1000)
}

/** What weighs the same in one rank, sorted; ranks from the first choice down. The weights themselves are no matter. */
function ranked(weights: ReadonlyMap<string, number>): string {
  const ranks = new Map<number, string[]>()
  for (const [token, weight] of weights) {
    const rank = ranks.get(weight)
    if (rank === undefined) ranks.set(weight, [token])
    else rank.push(token)
  }
  const excluded = ranks.get(0)
  ranks.delete(0)
  const text = [...ranks]
    .sort((a, b) => b[0] - a[0])
    .map(([, tokens]) => tokens.sort().join(','))
    .join('>')
  return excluded === undefined ? text : `${text}!${excluded.sort().join(',')}`
}
