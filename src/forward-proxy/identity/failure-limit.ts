import { isIPv6 } from 'node:net'
import type { Clock } from '../../contract/clock.ts'

/** Counts failures by address in a window that slides. */
export interface FailureLimit {
  /** Milliseconds until the address may try again; 0 is now. */
  wait(address: string): number
  /** An attempt begins: it counts as a failure until it has ended, so that a thousand at once are no thousand tries. */
  begin(address: string): void
  end(address: string, failed: boolean): void
}

export interface FailureLimitSettings {
  /** Failures in the window after which the address is turned away. Infinity is no limit. */
  readonly most: number
  /** Milliseconds. */
  readonly window: number
  /** Addresses that are remembered; the one whose last failure is longest ago leaves first. */
  readonly addresses: number
}

interface Record {
  /** When each of the last failures was, oldest first; at most `most`. */
  readonly failedAt: number[]
  pending: number
}

/** A success takes nothing back: who knows one password could else guess at others for ever. */
export function failureLimit({ most, window, addresses }: FailureLimitSettings, clock: Clock): FailureLimit {
  const records = new Map<string, Record>()

  function current(key: string): Record | undefined {
    const record = records.get(key)
    if (record === undefined) return undefined
    const { failedAt } = record
    const since = clock.now() - window
    while (failedAt.length > 0 && (failedAt[0] as number) <= since) failedAt.shift()
    if (failedAt.length > 0 || record.pending > 0) return record
    records.delete(key)
    return undefined
  }

  function put(key: string, record: Record): void {
    records.delete(key)
    if (records.size >= addresses) records.delete(records.keys().next().value as string)
    records.set(key, record)
  }

  return {
    wait(address) {
      const record = current(network(address))
      if (record === undefined || record.failedAt.length + record.pending < most) return 0
      // With some pending it is not known yet: soon.
      return record.failedAt.length < most ? 1000 : (record.failedAt[0] as number) + window - clock.now()
    },
    begin(address) {
      const key = network(address)
      const record = current(key)
      if (record === undefined) put(key, { failedAt: [], pending: 1 })
      else record.pending++
    },
    end(address, failed) {
      const key = network(address)
      const record = records.get(key) ?? { failedAt: [], pending: 1 }
      record.pending = Math.max(0, record.pending - 1)
      if (failed) {
        record.failedAt.push(clock.now())
        if (record.failedAt.length > most) record.failedAt.shift()
        put(key, record)
      } else if (record.failedAt.length === 0 && record.pending === 0) {
        records.delete(key)
      }
    },
  }
}

/** One customer has a /64 of IPv6 addresses, and could use another one for each guess. */
function network(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length
    while (groups.length + after < 8) groups.push('0')
  }
  if (tail !== undefined && tail !== '') groups.push(...tail.split(':'))
  return groups.slice(0, 4).join(':')
}
