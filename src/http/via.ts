import type { Exchange } from '../contract/exchange.ts'

/** Our member of Via for a message received as `HTTP/1.1`, `HTTP/1.0`, `HTTP/2.0`: `1.1 pseudonym`. RFC 9110 7.6.3. */
export interface ViaMembers {
  readonly http10: string
  readonly http11: string
  readonly http2: string
}

/** Made at boot: no text is joined for each message. */
export function viaMembers(pseudonym: string): ViaMembers {
  return { http10: `1.0 ${pseudonym}`, http11: `1.1 ${pseudonym}`, http2: `2.0 ${pseudonym}` }
}

export function viaMember(members: ViaMembers, protocol: string | undefined): string {
  if (protocol === undefined || protocol === 'HTTP/1.1') return members.http11
  if (protocol === 'HTTP/1.0') return members.http10
  return protocol.startsWith('HTTP/2') || protocol === 'h2' ? members.http2 : members.http11
}

/**
 * Did the request pass through us before: is `pseudonym` the received-by of a member of Via, in any case? RFC 9110 7.6.3.
 * Comments and quoted strings are not looked into, unless one is left open.
 */
export function viaLoop(exchange: Exchange, pseudonym: string): boolean {
  const raw = exchange.rawFields
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    if (name.length !== 3 || name.toLowerCase() !== 'via') continue
    const value = (raw[i + 1] as string).toLowerCase()
    const ours = pseudonym.toLowerCase()
    if (value.includes(ours) && members(value).some((member) => receivedBy(member) === ours)) return true
  }
  return false
}

function receivedBy(member: string): string | undefined {
  return member.trim().split(/[ \t]+/)[1]
}

/** Members of a Via list, without their comments. */
function members(value: string): string[] {
  let plain = ''
  let depth = 0
  let inQuotes = false
  for (let i = 0; i < value.length; i++) {
    const char = value.charAt(i)
    if (char === '\\' && (depth > 0 || inQuotes)) {
      i++
    } else if (inQuotes) {
      inQuotes = char !== '"'
    } else if (char === '"' && depth === 0) {
      inQuotes = true
    } else if (char === '(') {
      if (depth++ === 0) plain += ' '
    } else if (char === ')' && depth > 0) {
      depth--
    } else if (depth === 0) {
      plain += char
    }
  }
  // An open comment or quote would hide what was appended after it, ours too: then it is no comment.
  return (depth > 0 || inQuotes ? value : plain).split(',')
}
