import { knownKeys, OptionError } from '../contract/options.ts'

export interface CookieRewrite {
  /** Domain of a Set-Cookie: from key to value; `''` removes the attribute; the key `*` matches any. */
  readonly domain?: Readonly<Record<string, string>>
  /** Path of a Set-Cookie: the longest key that is a prefix, by whole segments, is replaced by its value. */
  readonly path?: Readonly<Record<string, string>>
}

/** Changes one Set-Cookie value. */
export type CookieRewriter = (value: string) => string

/**
 * Compiles the rewriting of Set-Cookie: the value of Domain and Path changes, every other byte stays. RFC 6265 5.2.
 * Throws an OptionError that names the entry.
 */
export function compileCookieRewrite(option: string, rewrite: CookieRewrite): CookieRewriter {
  if (typeof rewrite !== 'object' || rewrite === null) throw new OptionError(option, rewrite, 'give an object')
  knownKeys(option, rewrite, ['domain', 'path'])
  const domains = new Map(pairs(`${option}.domain`, rewrite.domain).map(([from, to]) => [bareDomain(from), to]))
  const paths = pairs(`${option}.path`, rewrite.path).sort(([a], [b]) => b.length - a.length)

  function domain(attribute: string, value: string): string {
    const to = domains.get(bareDomain(value)) ?? domains.get('*')
    if (to === undefined) return attribute
    return to === '' ? '' : replaced(attribute, to)
  }

  function path(attribute: string, value: string): string {
    for (const [from, to] of paths) {
      if (value === from) return replaced(attribute, to)
      const stem = withoutSlash(from)
      if ((value === stem && stem !== '') || value.startsWith(`${stem}/`)) {
        const path = withoutSlash(to) + value.slice(stem.length)
        return replaced(attribute, path === '' ? '/' : path)
      }
    }
    return attribute
  }

  return function rewriteSetCookie(value) {
    let end = value.indexOf(';')
    if (end === -1) return value
    // RFC 6265bis 4.1.3: a browser throws away a __Host- cookie with another path than `/`.
    const keepsPath = /^\s*__host-/i.test(value)
    let out = value.slice(0, end)
    while (end !== -1) {
      const next = value.indexOf(';', end + 1)
      const attribute = value.slice(end, next === -1 ? value.length : next)
      const equals = attribute.indexOf('=')
      const name = equals === -1 ? '' : attribute.slice(1, equals).trim().toLowerCase()
      if (name === 'domain' && domains.size > 0) out += domain(attribute, attribute.slice(equals + 1).trim())
      else if (name === 'path' && !keepsPath) out += path(attribute, attribute.slice(equals + 1).trim())
      else out += attribute
      end = next
    }
    return out
  }
}

/** The attribute with another value, its spaces and the case of its name kept. */
function replaced(attribute: string, to: string): string {
  const equals = attribute.indexOf('=') + 1
  const given = attribute.slice(equals)
  const start = equals + given.length - given.trimStart().length
  return attribute.slice(0, start) + to + attribute.slice(start + given.trim().length)
}

/** RFC 6265 5.2.3: a leading dot means nothing, and case neither. */
function bareDomain(domain: string): string {
  const lower = domain.toLowerCase()
  return lower.startsWith('.') ? lower.slice(1) : lower
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}

function pairs(option: string, given: Readonly<Record<string, string>> | undefined): [string, string][] {
  if (given === undefined) return []
  if (typeof given !== 'object' || given === null) throw new OptionError(option, given, 'give an object: from, to')
  for (const [from, to] of Object.entries(given)) {
    if (typeof to !== 'string' || /[;\x00-\x1f\x7f]/.test(to)) {
      throw new OptionError(`${option}.${from}`, to, 'give a text without ; and control characters')
    }
  }
  return Object.entries(given)
}
