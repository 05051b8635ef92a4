/**
 * Is this field for one connection alone? Any case. RFC 9110 7.6.1, the `Proxy-*` fields of section 11.7 and RFC 2616
 * 13.5.1; HTTP2-Settings by RFC 7540 3.2.1. `Trailer` and `Upgrade` count: who can carry what they announce makes the exception.
 */
export function isHopByHop(name: string): boolean {
  switch (name.length) {
    case 2:
      return isField(name, 'te')
    case 7:
      return isField(name, 'trailer') || isField(name, 'upgrade')
    case 10:
      return isField(name, 'connection') || isField(name, 'keep-alive')
    case 14:
      return isField(name, 'http2-settings')
    case 16:
      return isField(name, 'proxy-connection')
    case 17:
      return isField(name, 'transfer-encoding')
    case 18:
      return isField(name, 'proxy-authenticate')
    case 19:
      return isField(name, 'proxy-authorization')
    case 25:
      return isField(name, 'proxy-authentication-info')
    default:
      return false
  }
}

/** Is `name`, in any case, the field `lower`? Of the same length, which the caller has checked. */
export function isField(name: string, lower: string): boolean {
  // The first letter settles most of it without making a new string.
  return (name.charCodeAt(0) | 32) === lower.charCodeAt(0) && name.toLowerCase() === lower
}

/** Options of a Connection value, in lower case. RFC 9110 7.6.1. */
export function connectionOptions(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
}

/**
 * Lower-case names that a Connection value nominates as hop-by-hop, beside the protected and the connection options of
 * HTTP itself; undefined when there is none, as for `close` and `keep-alive`.
 */
export function nominated(value: string): Set<string> | undefined {
  if (value === 'keep-alive' || value === 'close') return undefined
  let names: Set<string> | undefined
  for (const name of connectionOptions(value)) {
    if (name === '' || name === 'close' || isHopByHop(name) || isProtected(name)) continue
    names ??= new Set()
    names.add(name)
  }
  return names
}

/** Drops the nominated fields of a flat array from `start` on, in place. */
export function dropNominated(fields: string[], start: number, names: ReadonlySet<string>): void {
  let end = start
  for (let i = start; i < fields.length; i += 2) {
    if (names.has((fields[i] as string).toLowerCase())) continue
    fields[end] = fields[i] as string
    fields[end + 1] = fields[i + 1] as string
    end += 2
  }
  fields.length = end
}

// RFC 9110 7.6.1: never an option for what is meant for all recipients. Obeyed, a client strips with it what the origin or
// a filter decides by: VSV00010 (Varnish), CVE-2026-33805 (reply-from), CVE-2026-26365.
function isProtected(name: string): boolean {
  return protectedNames.has(name) || name.startsWith('x-forwarded-')
}

const protectedNames: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'expires',
  'forwarded',
  'host',
  'set-cookie',
  'transfer-encoding',
  'vary',
  'via',
  'x-real-ip',
])
