/**
 * Bits of an IPv4 address in dotted decimal, 0 to 2^32 - 1; -1 for anything else. Leading zeros are refused: some read them
 * as octal.
 */
export function ipv4Bits(text: string, from = 0): number {
  let bits = 0
  let part = 0
  let digits = 0
  let parts = 0
  for (let i = from; i <= text.length; i++) {
    const c = i === text.length ? dot : text.charCodeAt(i)
    if (c === dot) {
      if (digits === 0 || part > 255) return -1
      bits = bits * 256 + part
      parts++
      part = 0
      digits = 0
      if (parts > 4) return -1
    } else {
      const digit = c - 0x30
      if (digit < 0 || digit > 9 || digits === 3 || (digits > 0 && part === 0)) return -1
      part = part * 10 + digit
      digits++
    }
  }
  return parts === 4 ? bits : -1
}

/** Fills the eight 16-bit groups of an IPv6 address (RFC 4291 2.2). False for anything else; a zone id is refused too. */
export function ipv6Groups(text: string, groups: Uint16Array): boolean {
  let at = 0
  let gap = -1
  let group = 0
  let digits = 0
  let i = 0
  if (text.charCodeAt(0) === colon) {
    if (text.charCodeAt(1) !== colon) return false
    gap = 0
    i = 2
  }
  let start = i
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === colon) {
      if (digits === 0) {
        if (gap !== -1 || i !== start) return false
        gap = at
      } else {
        if (at === 8) return false
        groups[at++] = group
        group = 0
        digits = 0
        // A single colon at the end ends nothing.
        if (i === text.length - 1) return false
      }
      start = i + 1
    } else if (c === dot) {
      const bits = at > 6 ? -1 : ipv4Bits(text, start)
      if (bits === -1) return false
      groups[at++] = bits >>> 16
      groups[at++] = bits & 0xffff
      digits = 0
      break
    } else {
      const value = hexDigit(c)
      if (value === -1 || digits === 4) return false
      group = group * 16 + value
      digits++
    }
  }
  if (digits > 0) {
    if (at === 8) return false
    groups[at++] = group
  }
  return gap === -1 ? at === 8 : spread(groups, gap, at)
}

export function writeIpv4(bits: number): string {
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`
}

const dot = 0x2e
const colon = 0x3a

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30
  const letter = c | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** `::` stands for at least one group of zeros (RFC 5952 4.2.2 wants two; all parsers take one). */
function spread(groups: Uint16Array, gap: number, count: number): boolean {
  if (count > 7) return false
  const moved = count - gap
  groups.copyWithin(8 - moved, gap, count)
  groups.fill(0, gap, 8 - moved)
  return true
}
