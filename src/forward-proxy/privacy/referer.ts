import type { Target } from '../../contract/target.ts'

// The scheme, perhaps userinfo, host and port: as far as the first slash, question mark or hash.
const originForm = /^(https?):\/\/(?:[^/?#]*@)?([^/?#]+)/i

/**
 * What is left of a Referer, undefined for nothing. `origin`: scheme and host, without userinfo. `same-origin`: all of it when
 * it is of the origin that the request goes to (RFC 6454).
 */
export function shortReferer(value: string, policy: 'origin' | 'same-origin', target: Target): string | undefined {
  const parts = originForm.exec(value)
  if (parts === null) return undefined
  const scheme = (parts[1] as string).toLowerCase()
  const authority = (parts[2] as string).toLowerCase()
  if (policy === 'origin') return `${scheme}://${authority}/`
  const same = scheme === target.scheme && bare(authority, scheme) === bare(target.authority.toLowerCase(), scheme)
  return same && !/^https?:\/\/[^/?#]*@/i.test(value) ? value : undefined
}

function bare(authority: string, scheme: string): string {
  const port = scheme === 'https' ? ':443' : ':80'
  return authority.endsWith(port) ? authority.slice(0, -port.length) : authority
}
