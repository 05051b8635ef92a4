import type { Breaker } from '../../../src/balance/breaker.ts'
import { Member, type MemberSettings } from '../../../src/balance/member.ts'
import { upstreamWith } from '../../http/exchange-with.ts'

/** `a`, `b`, ... `z`, then `m26`, `m27`, ... */
export function nameOf(index: number): string {
  return index < 26 ? String.fromCharCode(97 + index) : `m${index}`
}

/** A member with room for all, with the settings that a test cares about. Latencies fade in 10 seconds. */
export function memberWith(name: string, settings: Partial<MemberSettings> = {}, breaker?: Breaker): Member {
  const whole: MemberSettings = {
    weight: 1,
    priority: 0,
    locality: '',
    maxRequests: Number.POSITIVE_INFINITY,
    ...settings,
  }
  return new Member(upstreamWith({ name, origin: `http://${name}.test` }), whole, 10_000, breaker)
}

/** One member for each weight: `a`, `b`, `c`, ... */
export function weighted(weights: readonly number[]): Member[] {
  return weights.map((weight, i) => memberWith(nameOf(i), { weight }))
}

/** So many members of weight 1. */
export function equals(count: number): Member[] {
  return Array.from({ length: count }, (_, i) => memberWith(nameOf(i)))
}
