import { ipv4Bits, ipv6Groups, writeIpv4 } from './address-bits.ts'
import { type AddressClass, type Embedding, ipv4Blocks, ipv6Blocks, metadataServices } from './special-blocks.ts'

/**
 * What an address is by the IANA special-purpose registries, bit for bit. IPv4-mapped IPv6 is what the IPv4 address is. A
 * block that carries an IPv4 address (NAT64, 6to4, Teredo, IPv4-compatible, IPv4-translated) is never better than what it
 * carries. The objects are made once: the same class is the same object.
 * @param address a literal without brackets; anything else, and one with a zone id, is `invalid`
 */
export function classify(address: string): AddressClass {
  if (!address.includes(':')) {
    const bits = ipv4Bits(address)
    return bits === -1 ? invalid : classOfIpv4(bits)
  }
  if (!ipv6Groups(address, groups)) return invalid
  if (isMapped()) return classOfIpv4(innerBits(mapped))
  const rule = ruleOfGroups()
  return rule.embedding === undefined ? rule.class : within(rule, classOfIpv4(innerBits(rule.embedding)))
}

/** The IPv4 address that an IPv6 address carries, by any of the known ways; undefined when there is none. */
export function embeddedIpv4(address: string): string | undefined {
  if (!address.includes(':') || !ipv6Groups(address, groups)) return undefined
  const embedding = isMapped() ? mapped : ruleOfGroups().embedding
  return embedding === undefined ? undefined : writeIpv4(innerBits(embedding))
}

interface Ipv4Rule {
  readonly base: number
  readonly mask: number
  readonly class: AddressClass
}

interface Ipv6Rule {
  readonly base: Uint16Array
  /** Whole groups to compare, then those bits of the next one. */
  readonly whole: number
  readonly mask: number
  readonly class: AddressClass
  readonly embedding: Embedding | undefined
}

const invalid: AddressClass = Object.freeze({ kind: 'invalid', name: 'Not an address', block: '' })
const publicIpv4: AddressClass = Object.freeze({ kind: 'public', name: 'Global Unicast', block: '' })
const mapped: Embedding = { group: 6, inverted: false }

/** Of the address in hand. Nothing here waits, so that one is enough. */
const groups = new Uint16Array(8)

const prefixOf = (block: string): number => Number(block.slice(block.indexOf('/') + 1))
const addressOf = (block: string): string => block.slice(0, block.indexOf('/'))
const mostSpecificFirst = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number =>
  prefixOf(b) - prefixOf(a)

const services4 = metadataServices
  .filter(([address]) => !address.includes(':'))
  .map(([address, name]) => [`${address}/32`, 'metadata', name] as const)
const services6 = metadataServices
  .filter(([address]) => address.includes(':'))
  .map(([address, name]) => [`${address}/128`, 'metadata', name] as const)

const ipv4Rules: readonly Ipv4Rule[] = [...services4, ...ipv4Blocks]
  .sort(mostSpecificFirst)
  .map(([block, kind, name]) => ({
    base: ipv4Bits(addressOf(block)) | 0,
    mask: -(2 ** (32 - prefixOf(block))) | 0,
    class: Object.freeze({ kind, name, block }),
  }))

const ipv6Rules: readonly Ipv6Rule[] = [...services6, ...ipv6Blocks]
  .sort(mostSpecificFirst)
  .map(([block, kind, name, embedding]) => {
    const base = new Uint16Array(8)
    ipv6Groups(addressOf(block), base)
    const prefix = prefixOf(block)
    const mask = (0xffff << (16 - (prefix % 16))) & 0xffff
    return { base, whole: prefix >> 4, mask, class: Object.freeze({ kind, name, block }), embedding }
  })

function classOfIpv4(bits: number): AddressClass {
  for (const { base, mask, class: found } of ipv4Rules) if ((bits & mask) === base) return found
  return publicIpv4
}

function ruleOfGroups(): Ipv6Rule {
  for (const rule of ipv6Rules) if (matches(rule)) return rule
  throw new Error('::/0 has every address')
}

function matches({ base, whole, mask }: Ipv6Rule): boolean {
  for (let i = 0; i < whole; i++) if (groups[i] !== base[i]) return false
  return whole === 8 || ((groups[whole] as number) & mask) === base[whole]
}

/** RFC 4291 2.5.5.2: ::ffff:0:0/96. */
function isMapped(): boolean {
  if (groups[5] !== 0xffff) return false
  for (let i = 0; i < 5; i++) if (groups[i] !== 0) return false
  return true
}

function innerBits({ group, inverted }: Embedding): number {
  const bits = ((groups[group] as number) << 16) | (groups[group + 1] as number)
  return (inverted ? ~bits : bits) >>> 0
}

/** One for each pair of a block and what it carries: some hundred. */
const pairs = new Map<Ipv6Rule, Map<AddressClass, AddressClass>>()

function within(rule: Ipv6Rule, inner: AddressClass): AddressClass {
  if (inner.kind === 'public') return rule.class
  const known = pairs.get(rule) ?? new Map<AddressClass, AddressClass>()
  pairs.set(rule, known)
  let pair = known.get(inner)
  if (pair === undefined) {
    const { name, block } = rule.class
    const kind = inner.kind === 'metadata' ? 'metadata' : 'embedding'
    pair = Object.freeze({ kind, name: `${name} of ${inner.name} (${inner.block})`, block })
    known.set(inner, pair)
  }
  return pair
}
