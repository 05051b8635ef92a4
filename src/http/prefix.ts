import { OptionError } from '../contract/options.ts'
import type { Target } from '../contract/target.ts'
import { canonicalPath, compilePathPolicy } from './path-policy.ts'

/**
 * Makes the function that gives the path to send upstream, without the query. The router matched the prefix on the decoded
 * path, so the raw path may spell it differently (`/adm%69n`, CVE-2026-16117): segments are compared in canonical form,
 * and what stays behind the prefix is the raw bytes. Undefined when the raw path is not within the prefix.
 * @param rewritePrefix stands in for the prefix; `''` only strips it; undefined sends the raw path untouched
 * @throws OptionError for a rewritePrefix that is no path, or beside a prefix with parameters
 */
export function compilePrefix(
  prefix: string,
  rewritePrefix: string | undefined,
): (target: Target) => string | undefined {
  if (rewritePrefix === undefined) return (target) => target.path

  const strip = canonicalPrefix(prefix)
  const depth = strip === '' ? 0 : strip.split('/').length - 1
  const whole = replacement(rewritePrefix)
  const base = whole.endsWith('/') ? whole.slice(0, -1) : whole
  return function rewrite({ path, canonicalPath: canonical }) {
    if (path === '*') return path
    let end: number
    if (path === canonical) {
      end = strip.length
      if (!path.startsWith(strip)) return undefined
      if (end < path.length && path.charCodeAt(end) !== 0x2f) return undefined
    } else {
      end = segmentsEnd(path, depth)
      if (canonicalPath(everything, path.slice(0, end)) !== strip) return undefined
    }
    return end === path.length ? whole : base + path.slice(end)
  }
}

const everything = compilePathPolicy({
  dotSegments: 'pass',
  backslash: 'pass',
  encodedBackslash: 'pass',
  nul: 'pass',
  control: 'pass',
})

/** Where the first `depth` segments end: at a slash, or at the end of the path. */
function segmentsEnd(path: string, depth: number): number {
  let end = 0
  for (let i = 0; i < depth && end < path.length; i++) {
    const slash = path.indexOf('/', end + 1)
    end = slash === -1 ? path.length : slash
  }
  return end
}

/** `''` or `/segments`, spelled as canonicalPath would. */
function canonicalPrefix(prefix: string): string {
  let end = prefix.length
  while (end > 0 && prefix.charCodeAt(end - 1) === 0x2f) end--
  if (end === 0) return ''
  const path = prefix.startsWith('/') ? prefix.slice(0, end) : `/${prefix.slice(0, end)}`
  if (/[:*]/.test(path)) {
    throw new OptionError('prefix', prefix, 'rewritePrefix needs a prefix without parameters and wildcards')
  }
  const canonical = canonicalPath(everything, encodeOthers(path))
  if (typeof canonical === 'string') return canonical
  throw new OptionError('prefix', prefix, `give a path such as '/api': ${canonical.text}`)
}

/** Begins with a slash. */
function replacement(rewritePrefix: string): string {
  const right = "give a path such as '/v2', or '' to strip the prefix"
  if (typeof rewritePrefix !== 'string' || /[?#]/.test(rewritePrefix)) {
    throw new OptionError('rewritePrefix', rewritePrefix, right)
  }
  const path = encodeOthers(rewritePrefix.startsWith('/') ? rewritePrefix : `/${rewritePrefix}`)
  if (typeof canonicalPath(everything, path) === 'string') return path
  throw new OptionError('rewritePrefix', rewritePrefix, right)
}

/** Percent-encodes what may not stand in a path; a percent sign is taken as written. */
function encodeOthers(path: string): string {
  return path.toWellFormed().replace(/[^\x21-\x7e]+/gu, encodeURIComponent)
}
