import { knownKeys, oneOf } from '../contract/options.ts'

/** What may pass in a path. `refuse` answers 400 and nothing is sent upstream. */
export interface PathRules {
  /** `.` and `..` segments in every encoding, `..;` too. `pass` lets a request leave the mounted prefix. @default 'refuse' */
  readonly dotSegments?: 'refuse' | 'pass'
  /** `\`, raw. @default 'refuse' */
  readonly backslash?: 'refuse' | 'pass'
  /** `%5C`. @default 'refuse' */
  readonly encodedBackslash?: 'refuse' | 'pass'
  /** `%2F`. @default 'pass' */
  readonly encodedSlash?: 'refuse' | 'pass'
  /** `%00`. @default 'refuse' */
  readonly nul?: 'refuse' | 'pass'
  /** `%01` to `%1F` and `%7F`; `%0D%0A` above all. Raw ones are always refused. @default 'refuse' */
  readonly control?: 'refuse' | 'pass'
  /** `;`. @default 'pass' */
  readonly semicolon?: 'refuse' | 'pass'
  /** `//`. @default 'pass' */
  readonly emptySegments?: 'refuse' | 'pass'
}

/** Path rules, read once: true is refused. */
export interface PathPolicy {
  readonly dotSegments: boolean
  readonly backslash: boolean
  readonly encodedBackslash: boolean
  readonly encodedSlash: boolean
  readonly nul: boolean
  readonly control: boolean
  readonly semicolon: boolean
  readonly emptySegments: boolean
}

/** Why a path was refused. `percent` has no option: a malformed percent-encoding is always refused. */
export interface PathViolation {
  readonly rule: keyof PathRules | 'percent'
  /** For the log. */
  readonly text: string
}

const rules = [
  'dotSegments',
  'backslash',
  'encodedBackslash',
  'encodedSlash',
  'nul',
  'control',
  'semicolon',
  'emptySegments',
] as const

/** @throws OptionError for an unknown rule or a word other than `refuse` and `pass` */
export function compilePathPolicy(given: PathRules | undefined): PathPolicy {
  knownKeys('paths', given ?? {}, rules)
  const refuses = (rule: keyof PathRules, byDefault: 'refuse' | 'pass') =>
    oneOf(`paths.${rule}`, given?.[rule], byDefault, ['refuse', 'pass']) === 'refuse'
  return Object.freeze({
    dotSegments: refuses('dotSegments', 'refuse'),
    backslash: refuses('backslash', 'refuse'),
    encodedBackslash: refuses('encodedBackslash', 'refuse'),
    encodedSlash: refuses('encodedSlash', 'pass'),
    nul: refuses('nul', 'refuse'),
    control: refuses('control', 'refuse'),
    semicolon: refuses('semicolon', 'pass'),
    emptySegments: refuses('emptySegments', 'pass'),
  })
}

/**
 * The path with percent-encoded unreserved characters decoded and hex digits in upper case (RFC 3986 6.2.2), or why it is
 * refused. Nothing is decoded twice, nothing reserved is decoded, no segment is removed. For decisions, never sent.
 */
export function canonicalPath(policy: PathPolicy, path: string): string | PathViolation {
  let before = 0
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i)
    if (c < 0x21 || c > 0x7e) return violations.control
    // Only these can break a rule or change: all else in the path is letters, digits and harmless marks.
    if (c === 0x25 || c === 0x5c || c === 0x3b || (before === 0x2f && (c === 0x2f || c === 0x2e))) {
      return examine(policy, path)
    }
    before = c
  }
  return path
}

const otherCharacter = -1

function examine(policy: PathPolicy, path: string): string | PathViolation {
  let canonical = ''
  /** Up to where `path` has been copied to `canonical`. */
  let copied = 0
  /** Dots since the segment began, as long as it holds nothing else. */
  let dots = 0
  let before = 0
  for (let i = 0; i < path.length; i++) {
    let c = path.charCodeAt(i)
    let encoded = false
    if (c < 0x21 || c > 0x7e) return violations.control
    if (c === 0x25) {
      c = octetAt(path, i)
      encoded = true
      if (c === malformed) return violations.percent
      if (c === 0 && policy.nul) return violations.nul
      if (((c > 0 && c < 0x20) || c === 0x7f) && policy.control) return violations.control
      if (c === 0x2f && policy.encodedSlash) return violations.encodedSlash
      if (c === 0x5c && policy.encodedBackslash) return violations.encodedBackslash
      const spelling = isUnreserved(c) ? String.fromCharCode(c) : path.slice(i, i + 3).toUpperCase()
      canonical += path.slice(copied, i) + spelling
      i += 2
      copied = i + 1
    } else if (c === 0x2f) {
      if (before === 0x2f && policy.emptySegments) return violations.emptySegments
    } else if (c === 0x5c) {
      if (policy.backslash) return violations.backslash
    } else if (c === 0x3b && policy.semicolon) {
      return violations.semicolon
    }
    before = encoded ? 0 : c
    if (c === 0x2f || c === 0x5c || c === 0x3b) {
      if ((dots === 1 || dots === 2) && policy.dotSegments) return violations.dotSegments
      // What follows a semicolon are parameters of the segment, not a segment.
      dots = c === 0x3b ? otherCharacter : 0
    } else if (c !== 0x2e) {
      dots = otherCharacter
    } else if (dots !== otherCharacter) {
      dots++
    }
  }
  if ((dots === 1 || dots === 2) && policy.dotSegments) return violations.dotSegments
  return copied === 0 ? path : canonical + path.slice(copied)
}

const violation = (rule: PathViolation['rule'], text: string): PathViolation =>
  Object.freeze({ rule, text: `paths.${rule}: ${text}` })

const violations: Readonly<Record<PathViolation['rule'], PathViolation>> = {
  dotSegments: violation('dotSegments', "the path has a '.' or '..' segment"),
  backslash: violation('backslash', 'the path has a backslash'),
  encodedBackslash: violation('encodedBackslash', 'the path has %5C'),
  encodedSlash: violation('encodedSlash', 'the path has %2F'),
  nul: violation('nul', 'the path has %00'),
  control: violation('control', 'the path has a control character, a space or a byte above 7E'),
  semicolon: violation('semicolon', 'the path has a semicolon'),
  emptySegments: violation('emptySegments', 'the path has an empty segment'),
  percent: Object.freeze({ rule: 'percent', text: 'a percent sign in the path is not followed by two hex digits' }),
}

const malformed = -1

/** The octet that `%XX` at `index` stands for. */
function octetAt(path: string, index: number): number {
  const high = hexDigit(path.charCodeAt(index + 1))
  const low = hexDigit(path.charCodeAt(index + 2))
  return high === malformed || low === malformed ? malformed : high * 16 + low
}

/** Beyond the end charCodeAt gives NaN, which compares false everywhere. */
function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30
  if (c >= 0x41 && c <= 0x46) return c - 0x37
  if (c >= 0x61 && c <= 0x66) return c - 0x57
  return malformed
}

/** RFC 3986 2.3 */
function isUnreserved(c: number): boolean {
  return (
    (c >= 0x61 && c <= 0x7a) ||
    (c >= 0x41 && c <= 0x5a) ||
    (c >= 0x30 && c <= 0x39) ||
    c === 0x2d ||
    c === 0x2e ||
    c === 0x5f ||
    c === 0x7e
  )
}
