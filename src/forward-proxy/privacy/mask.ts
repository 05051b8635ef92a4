import { isIP } from 'node:net'
import { OptionError } from '../../contract/options.ts'
import { normaliseAddress } from '../../net/address.ts'

/** How many bits of an address the log shows. */
export interface MaskBits {
  readonly v4: number
  readonly v6: number
}

/** A customer's network at most: one of 256 addresses, or one of a site's /48. */
export const defaultMask: MaskBits = Object.freeze({ v4: 24, v6: 48 })

/**
 * The address with its last bits zero: `192.0.2.17` is `192.0.2.0`, `2001:db8:1:2::3` is `2001:db8:1::`. IPv4-mapped IPv6 is
 * IPv4. What is no address comes back as `''`, so that a name is not logged in its place.
 */
export function maskAddress(ip: string, bits: MaskBits = defaultMask): string {
  const address = normaliseAddress(ip)
  const family = isIP(address)
  if (family === 4) return maskV4(address, bits.v4)
  return family === 6 ? maskV6(address, bits.v6) : ''
}

/** The target of a request without its query and fragment. */
export function withoutQuery(target: string): string {
  const end = target.search(/[?#]/)
  return end === -1 ? target : target.slice(0, end)
}

/** @throws OptionError for what no prefix can be */
export function readMask(option: string, given: Partial<MaskBits> = {}): MaskBits {
  const { v4 = defaultMask.v4, v6 = defaultMask.v6 } = given
  if (!Number.isInteger(v4) || v4 < 0 || v4 > 32) throw new OptionError(`${option}.v4`, v4, 'give 0 to 32 bits')
  if (!Number.isInteger(v6) || v6 < 0 || v6 > 128) throw new OptionError(`${option}.v6`, v6, 'give 0 to 128 bits')
  return Object.freeze({ v4, v6 })
}

function maskV4(address: string, bits: number): string {
  return address
    .split('.')
    .map((part, i) => Number(part) & kept(bits - i * 8, 8))
    .join('.')
}

function maskV6(address: string, bits: number): string {
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? []
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const zeros = new Array<number>(8 - before.length - after.length).fill(0)
  const masked = [...before, ...zeros, ...after].map((group, i) => group & kept(bits - i * 16, 16))
  return normaliseAddress(masked.map((group) => group.toString(16)).join(':'))
}

function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}

/** Of `width` bits, the first `bits` are ones. */
function kept(bits: number, width: number): number {
  const ones = Math.min(width, Math.max(0, bits))
  return (2 ** width - 1) & ~(2 ** (width - ones) - 1)
}
