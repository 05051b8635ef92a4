import { oneFrom } from '../../support/random.ts'

const insides = [
  ...[0x7f000001, 0x7f000001, 0x7f000001, 0x7fffffff, 0x7f010203, 0, 0x0a000001, 0xa9fea9fe, 0xc0a80001],
  ...[0x08080808, 0x01010101],
]
const words = [
  'localhost',
  'localhost.localdomain',
  'a.localhost',
  'ip6-localhost',
  'rebind.test',
  'wiki',
  'example.com',
  'bücher.de',
]

/** A host that means this machine, or nearly, in a spelling that a reader may not have thought of. */
export function randomSpelling(next: () => number): string {
  const pick = <T>(list: readonly T[]): T => oneFrom(next, list)
  const bits = pick(insides)
  const kind = next()
  let host = kind < 0.45 ? ipv4(bits, next) : kind < 0.8 ? `[${ipv6(bits, next)}]` : pick(words)
  if (next() < 0.3) host = caseOf(host, next)
  if (next() < 0.15) host = fullWidth(host, next)
  if (next() < 0.2)
    host += pick(['.', '..', '。', '%2e', '\u00ad', ' ', '\0', '%00', '/', '\\', '#', '?', '.nip.io', '%lo', '\t'])
  if (next() < 0.06)
    host = pick(['user@', 'a:b@', '@', ' ', '.', '%20', '\\', 'example.com\\@', 'example.com#@', '0x', '0']) + host
  if (next() < 0.05) host = percent(host, next)
  if (next() < 0.05) host = mutate(host, next)
  // As it is on the wire: one character a byte. Some clients send characters, though.
  return next() < 0.8 ? Buffer.from(host, 'utf8').toString('latin1') : host
}

/** What a resolver answers that takes after inet_aton where it can, and hides inner addresses where it cannot. */
export function hostile(host: string, next: () => number): string[] {
  const inner = oneFrom(next, insides)
  const answers = [
    () => ['127.0.0.1'],
    () => ['::1', '127.0.0.1'],
    () => [ipv6(inner, next)],
    () => [dotted(inner)],
    () => [`9.${Math.floor(next() * 256)}.9.9`, '127.0.0.1', '::ffff:127.0.0.1'],
    () => [`2606:4700::${Math.floor(next() * 65_536).toString(16)}`, '::1'],
    () => [host, '0.0.0.0', '127.1', '0x7f000001', '::1%lo', ''],
  ]
  return oneFrom(next, answers)()
}

function dotted(bits: number): string {
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
}

function ipv4(bits: number, next: () => number): string {
  const parts = 1 + Math.floor(next() * 4)
  const numbers: number[] = []
  for (let i = 0; i < parts - 1; i++) numbers.push((bits >>> (24 - 8 * i)) & 255)
  numbers.push(parts === 1 ? bits : bits & (2 ** (8 * (5 - parts)) - 1))
  return numbers.map((number) => written(number, next)).join('.')
}

function written(number: number, next: () => number): string {
  const way = next()
  if (way < 0.4) return String(number)
  const zeros = '0'.repeat(Math.floor(next() * 3))
  if (way < 0.7) return `0x${zeros}${number.toString(16)}`
  return `0${zeros}${number.toString(8)}`
}

function ipv6(bits: number, next: () => number): string {
  const high = (bits >>> 16).toString(16)
  const low = (bits & 0xffff).toString(16)
  const inverted = `${((~bits >>> 16) & 0xffff).toString(16)}:${(~bits & 0xffff).toString(16)}`
  const ways = [
    '::1',
    '::',
    '0:0:0:0:0:0:0:1',
    '0000:0000:0000:0000:0000:0000:0000:0001',
    `::ffff:${dotted(bits)}`,
    `::ffff:${high}:${low}`,
    `0:0:0:0:0:ffff:${high}:${low}`,
    `0:0::ffff:${dotted(bits)}`,
    `::${dotted(bits)}`,
    `::${high}:${low}`,
    `::ffff:0:${dotted(bits)}`,
    `64:ff9b::${high}:${low}`,
    `64:ff9b::${dotted(bits)}`,
    `64:ff9b:1::${high}:${low}`,
    `2002:${high}:${low}::1`,
    `2001:0:1:2:3:4:${inverted}`,
    'fe80::1',
    'fd00:ec2::254',
    'fc00::1',
    `2606:4700::${low}`,
  ]
  return oneFrom(next, ways)
}

function caseOf(host: string, next: () => number): string {
  return [...host].map((char) => (next() < 0.5 ? char.toUpperCase() : char)).join('')
}

/** U+FF01 to U+FF5E are the ASCII characters again; U+3002 and others are dots to IDNA. */
function fullWidth(host: string, next: () => number): string {
  return [...host]
    .map((char) => {
      const code = char.charCodeAt(0)
      if (next() < 0.6 || code < 0x21 || code > 0x7e) return char
      if (char === '.') return oneFrom(next, ['。', '．', '｡'])
      return String.fromCharCode(code + 0xfee0)
    })
    .join('')
}

function percent(host: string, next: () => number): string {
  return [...host]
    .map((char) => (next() < 0.3 ? `%${char.charCodeAt(0).toString(16).padStart(2, '0')}` : char))
    .join('')
}

function mutate(host: string, next: () => number): string {
  const at = Math.floor(next() * (host.length + 1))
  const alphabet = '0123456789abcdefx.:[]%@/\\-_ \0'
  const char = oneFrom(next, [...alphabet])
  return host.slice(0, at) + char + host.slice(at + (next() < 0.5 ? 1 : 0))
}
