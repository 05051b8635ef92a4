import { isField } from '../../http/hop-by-hop.ts'

/** What a client has brought to say who it is. Never to be logged or printed. */
export type Credential =
  | { readonly scheme: 'basic'; readonly user: string; readonly password: string }
  | { readonly scheme: 'bearer'; readonly token: string }

/** Longest value of Proxy-Authorization that is read. A token with many claims is far below it. */
const longest = 8192
const longestUser = 255

/**
 * Reads Proxy-Authorization (RFC 9110 11.7.2) of a flat list of fields. Undefined: there is none. `malformed`: there are two,
 * or it is none that we can read. Basic by RFC 7617 with the charset UTF-8, its base64 to the letter of RFC 4648; control
 * characters are refused (RFC 7617 2). Bearer by RFC 6750 2.1.
 */
export function readCredential(rawFields: readonly string[]): Credential | 'malformed' | 'unknown' | undefined {
  let found: string | undefined
  for (let i = 0; i < rawFields.length; i += 2) {
    const name = rawFields[i] as string
    if (name.length !== 19 || !isField(name, 'proxy-authorization')) continue
    // Two readers could each take another one.
    if (found !== undefined) return 'malformed'
    found = rawFields[i + 1] as string
  }
  return found === undefined ? undefined : parseCredential(found)
}

/** One value of Proxy-Authorization. `unknown` is a scheme that is neither Basic nor Bearer. */
export function parseCredential(value: string): Credential | 'malformed' | 'unknown' {
  if (value.length > longest) return 'malformed'
  const space = value.indexOf(' ')
  const scheme = (space === -1 ? value : value.slice(0, space)).toLowerCase()
  if (scheme !== 'basic' && scheme !== 'bearer') return 'unknown'
  if (space === -1) return 'malformed'
  let start = space
  while (value.charCodeAt(start) === 0x20) start++
  const given = value.slice(start)
  if (scheme === 'basic') return parseBasic(given)
  return /^[A-Za-z0-9._~+/-]+=*$/.test(given) ? { scheme: 'bearer', token: given } : 'malformed'
}

/** A user and a password as they may come: the same bounds for Basic and for SOCKS5 (RFC 1929). */
export function passwordCredential(user: string, password: string): Credential | 'malformed' {
  if (user === '' || user.length > longestUser || user.includes(':')) return 'malformed'
  if (hasControls(user) || hasControls(password)) return 'malformed'
  return { scheme: 'basic', user, password }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function parseBasic(base64: string): Credential | 'malformed' {
  if (base64 === '' || base64.length % 4 !== 0) return 'malformed'
  const bytes = Buffer.from(base64, 'base64')
  // Buffer forgives: other alphabets, missing padding, bits that are left over. What it wrote itself is the one right form.
  if (bytes.toString('base64') !== base64) return 'malformed'
  const text = decode(bytes)
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon === -1) return 'malformed'
  return passwordCredential(text.slice(0, colon), text.slice(colon + 1))
}

function decode(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true
  }
  return false
}
