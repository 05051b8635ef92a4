import type { IncomingHttpHeaders } from 'node:http'
import { ProxyError } from '../contract/errors.ts'
import { isTextChar, isTokenChar } from '../http/chars.ts'
import { connectionOptions } from '../http/hop-by-hop.ts'

const tab = 9
const lf = 10
const cr = 13
const space = 32
const colon = 58

const plain = 0
const contentLength = 1
const transferEncoding = 2
const connection = 3
const keepAlive = 4

/** Field lines of an answer, and what they say of its end and of its connection. */
export class FieldLines {
  /** Name, value, name, value: case, order and duplicates as they came, one character a byte. */
  readonly raw: string[] = []
  /** The same by name in lower case; a list where a name came more than once. */
  readonly headers: IncomingHttpHeaders = {}
  /** Content-Length, or -1. */
  length = -1
  chunked = false
  /** `Connection: close` was said. */
  close = false
  /** `Connection: keep-alive` was said. */
  keepAlive = false
  /** Seconds of `Keep-Alive: timeout=`, or -1. */
  keepAliveSeconds = -1
}

/**
 * Reads the field lines of `text` from `at` to the empty line that ends them, by the letter of RFC 9112 5: no space before
 * the colon, no folding, no bare CR or LF, no control character. Trailers frame nothing: there is nothing to note of them.
 * @throws ProxyError SP_UPSTREAM_PROTOCOL
 */
export function readFieldLines(text: string, at: number, areTrailers = false): FieldLines {
  const lines = new FieldLines()
  const { raw, headers } = lines
  while (text.charCodeAt(at) !== cr) {
    const nameAt = at
    while (isTokenChar[text.charCodeAt(at)] === 1) at++
    if (at === nameAt || text.charCodeAt(at) !== colon) throw fault('a field line without a name')
    const known = fieldName(text, nameAt, at)
    let code = text.charCodeAt(++at)
    while (code === space || code === tab) code = text.charCodeAt(++at)
    const valueAt = at
    while (isTextChar[code] === 1) code = text.charCodeAt(++at)
    if (code !== cr || text.charCodeAt(at + 1) !== lf) throw fault(`a control character in ${known.name}`)
    let end = at
    while (end > valueAt && isBlank(text.charCodeAt(end - 1))) end--
    const value = text.substring(valueAt, end)
    raw.push(known.name, value)
    addField(headers, known.lower, value)
    if (known.kind !== plain && !areTrailers) note(lines, known.kind, value)
    at += 2
  }
  if (text.charCodeAt(at + 1) !== lf) throw fault('a bare CR')
  return lines
}

export function fault(what: string): ProxyError {
  return new ProxyError('SP_UPSTREAM_PROTOCOL', what)
}

const isBlank = (code: number): boolean => code === space || code === tab

/** Adds a line to fields by name in lower case. */
export function addField(headers: IncomingHttpHeaders, name: string, value: string): void {
  if (headers[name] === undefined) headers[name] = value
  else addAnother(headers, name, value)
}

/** A further line of one name; or a name, such as `constructor`, that every object has. */
function addAnother(headers: IncomingHttpHeaders, name: string, value: string): void {
  const known = Object.hasOwn(headers, name) ? headers[name] : undefined
  if (Array.isArray(known)) {
    known.push(value)
    return
  }
  const all = known === undefined ? value : [known, value]
  if (name === '__proto__') Object.defineProperty(headers, name, { value: all, enumerable: true, configurable: true })
  else headers[name] = all
}

function note(lines: FieldLines, kind: number, value: string): void {
  switch (kind) {
    case contentLength:
      // RFC 9110 8.6 lets us take equal ones for one. Whoever sends two has lost count: refused, as a list is.
      if (lines.length !== -1) throw fault('more than one Content-Length')
      lines.length = lengthOf(value)
      break
    case transferEncoding:
      // RFC 9112 6.1: what we cannot decode cannot be passed on.
      if (lines.chunked || value.toLowerCase() !== 'chunked') throw fault('a transfer coding other than chunked')
      lines.chunked = true
      break
    case connection:
      if (value === 'keep-alive') lines.keepAlive = true
      else if (value === 'close') lines.close = true
      else noteOptions(lines, value)
      break
    case keepAlive: {
      const said = /(?:^|[,;\s])timeout=(\d{1,9})/i.exec(value)
      if (said !== null) lines.keepAliveSeconds = Number(said[1])
    }
  }
}

function noteOptions(lines: FieldLines, value: string): void {
  for (const option of connectionOptions(value)) {
    if (option === 'close') lines.close = true
    else if (option === 'keep-alive') lines.keepAlive = true
  }
}

function lengthOf(value: string): number {
  let length = 0
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) throw fault('a Content-Length that is no number')
    length = length * 10 + digit
    if (length > Number.MAX_SAFE_INTEGER) throw fault('a Content-Length beyond all measure')
  }
  if (value === '') throw fault('an empty Content-Length')
  return length
}

/** A field name as it came and in lower case, and what it is to us. */
interface FieldName {
  readonly name: string
  readonly lower: string
  readonly kind: number
}

/** Bytes of a name that is remembered. 1024 places of at most this many: bounded whatever the origins send. */
const maxRemembered = 40
const remembered: FieldName[] = new Array(1024).fill({ name: '', lower: '', kind: plain })

/** Origins use few names, the same ones each time: those seen cost no new string. */
function fieldName(text: string, from: number, to: number): FieldName {
  const length = to - from
  if (length > maxRemembered) return read(text.substring(from, to))
  const ends = text.charCodeAt(from) * 31 + text.charCodeAt(to - 1)
  const slot = ((ends * 31 + text.charCodeAt(from + (length >> 1))) * 31 + length) & 1023
  const known = remembered[slot] as FieldName
  if (known.name.length === length && text.startsWith(known.name, from)) return known
  const found = read(text.substring(from, to))
  remembered[slot] = found
  return found
}

function read(name: string): FieldName {
  const lower = name.toLowerCase()
  return { name, lower, kind: kinds.get(lower) ?? plain }
}

const kinds: ReadonlyMap<string, number> = new Map([
  ['content-length', contentLength],
  ['transfer-encoding', transferEncoding],
  ['connection', connection],
  ['keep-alive', keepAlive],
])
