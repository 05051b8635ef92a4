import { hexValue, isTokenChar } from './chars.ts'

/** Numbers of `date` are seconds since the epoch. */
export type BareItem =
  | { readonly type: 'integer' | 'decimal' | 'date'; readonly value: number }
  | { readonly type: 'string' | 'token' | 'display-string'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Buffer }
  | { readonly type: 'boolean'; readonly value: boolean }

/** Where the reading stands. */
export interface Reader {
  readonly text: string
  at: number
}

/** Says that the grammar is broken. Thrown by `fail`, caught by who began to read. */
export const broken = new Error('not a structured field')

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The value under `reader`, without parameters. Breaks off with `fail`. RFC 9651 4.2.3.1. */
export function bareItem(reader: Reader): BareItem {
  const first = peek(reader)
  if (first === '-' || isDigit(first)) return number(reader)
  if (first === '"') return { type: 'string', value: string(reader) }
  if (first === '*' || isLetter(first)) return { type: 'token', value: token(reader) }
  if (first === ':') return { type: 'bytes', value: bytes(reader) }
  if (first === '?') return { type: 'boolean', value: boolean(reader) }
  if (first === '@') return date(reader)
  if (first === '%') return { type: 'display-string', value: displayString(reader) }
  return fail()
}

/** At most 15 digits, or 12 with up to 3 behind a point. RFC 9651 4.2.4. */
function number(reader: Reader): BareItem & { value: number } {
  const { text } = reader
  const start = reader.at
  take(reader, '-')
  const digits = reader.at
  while (isDigit(peek(reader))) reader.at++
  const whole = reader.at - digits
  if (whole === 0 || whole > 15) fail()
  if (!take(reader, '.')) return { type: 'integer', value: numeric(text.slice(start, reader.at)) }
  const point = reader.at
  while (isDigit(peek(reader))) reader.at++
  const fraction = reader.at - point
  if (whole > 12 || fraction === 0 || fraction > 3) fail()
  return { type: 'decimal', value: numeric(text.slice(start, reader.at)) }
}

/** Without a zero that has a sign. */
function numeric(text: string): number {
  return Number(text) + 0
}

function string(reader: Reader): string {
  const { text } = reader
  let value = ''
  for (let i = reader.at + 1; i < text.length; i++) {
    let char = text.charAt(i)
    if (char === '"') {
      reader.at = i + 1
      return value
    }
    if (char === '\\') {
      char = text.charAt(++i)
      if (char !== '"' && char !== '\\') fail()
    } else if (!isPrintable(char)) fail()
    value += char
  }
  return fail()
}

function token(reader: Reader): string {
  const start = reader.at++
  for (;;) {
    const code = reader.text.charCodeAt(reader.at)
    if (isTokenChar[code] !== 1 && code !== 0x3a && code !== 0x2f) return reader.text.slice(start, reader.at)
    reader.at++
  }
}

function bytes(reader: Reader): Buffer {
  const end = reader.text.indexOf(':', reader.at + 1)
  if (end === -1) fail()
  const base64 = reader.text.slice(reader.at + 1, end)
  // RFC 9651 4.2.7: padding may be missing and its bits may be set; any other character is an error.
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?$/.test(base64)) fail()
  reader.at = end + 1
  return Buffer.from(base64, 'base64')
}

function boolean(reader: Reader): boolean {
  const char = reader.text.charAt(reader.at + 1)
  if (char !== '0' && char !== '1') fail()
  reader.at += 2
  return char === '1'
}

function date(reader: Reader): BareItem {
  reader.at++
  const { type, value } = number(reader)
  return type === 'integer' ? { type: 'date', value } : fail()
}

/** `%"f%c3%bc"`: bytes of UTF-8, in lower-case hex where they are not printable. RFC 9651 4.2.10. */
function displayString(reader: Reader): string {
  const { text } = reader
  if (text.charAt(reader.at + 1) !== '"') fail()
  const octets: number[] = []
  for (let i = reader.at + 2; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === '"') {
      reader.at = i + 1
      return decoded(octets)
    }
    if (!isPrintable(char)) fail()
    octets.push(char === '%' ? hexPair(text, i + 1) : text.charCodeAt(i))
    if (char === '%') i += 2
  }
  return fail()
}

function hexPair(text: string, at: number): number {
  const pair = text.slice(at, at + 2)
  if (pair.length !== 2 || pair !== pair.toLowerCase()) fail()
  const high = hexValue[pair.charCodeAt(0)] ?? 255
  const low = hexValue[pair.charCodeAt(1)] ?? 255
  return high === 255 || low === 255 ? fail() : high * 16 + low
}

function decoded(octets: number[]): string {
  try {
    return utf8.decode(Uint8Array.from(octets))
  } catch {
    return fail()
  }
}

export function fail(): never {
  throw broken
}

export function peek(reader: Reader): string {
  return reader.text.charAt(reader.at)
}

export function take(reader: Reader, char: string): boolean {
  if (peek(reader) !== char) return false
  reader.at++
  return true
}

export function skipSpaces(reader: Reader): void {
  while (peek(reader) === ' ') reader.at++
}

export function skipOptionalSpace(reader: Reader): void {
  while (peek(reader) === ' ' || peek(reader) === '\t') reader.at++
}

export function isDigit(char: string): boolean {
  return char >= '0' && char <= '9'
}

function isLetter(char: string): boolean {
  return (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z')
}

function isPrintable(char: string): boolean {
  return char >= ' ' && char <= '~'
}
