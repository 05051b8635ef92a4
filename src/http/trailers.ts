import { isText, latin1 } from './chars.ts'
import { isHopByHop } from './hop-by-hop.ts'

/**
 * The trailers that may go on, as a flat array, from the raw list of the upstream's. Forbidden ones and pseudo fields are left out: a
 * trailer must never change what the head has decided.
 */
export function buildTrailers(raw: readonly (Buffer | string)[]): string[] {
  const fields: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = text(raw[i] as Buffer | string)
    const value = text(raw[i + 1] as Buffer | string)
    if (name !== '' && !isForbiddenTrailer(name) && isText(value)) fields.push(name, value)
  }
  return fields
}

/** Fields for framing, routing, control, authentication and content, and pseudo fields. Any case. RFC 9110 6.5.1. */
export function isForbiddenTrailer(name: string): boolean {
  if (name.charCodeAt(0) === 58 || isHopByHop(name)) return true
  const lower = name.toLowerCase()
  return forbidden.has(lower) || lower.startsWith('x-forwarded-') || lower.startsWith('if-')
}

const forbidden: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'expect',
  'expires',
  'forwarded',
  'host',
  'http2-settings',
  'location',
  'max-forwards',
  'pragma',
  'range',
  'retry-after',
  'set-cookie',
  'vary',
  'via',
  'warning',
  'www-authenticate',
  'x-real-ip',
])

function text(piece: Buffer | string): string {
  return typeof piece === 'string' ? piece : latin1(piece)
}
