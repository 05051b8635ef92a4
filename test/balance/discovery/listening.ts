import type { DiscoveryListener } from '../../../src/balance/discovery/discovery.ts'
import type { UpstreamOptions } from '../../../src/balance/options.ts'

/** A listener that remembers what it heard. */
export interface Heard extends DiscoveryListener {
  readonly lists: (readonly UpstreamOptions[])[]
  readonly failures: Error[]
  /** In order: `list`, `failed`, `recovered`. */
  readonly events: string[]
  /** Addresses, or else URLs, of the last list. */
  readonly last: readonly string[]
}

export function listening(): Heard {
  const lists: (readonly UpstreamOptions[])[] = []
  const failures: Error[] = []
  const events: string[] = []
  return {
    lists,
    failures,
    events,
    get last() {
      return (lists.at(-1) ?? []).map(({ address, url }) => address ?? url)
    },
    list(upstreams) {
      lists.push(upstreams)
      events.push('list')
    },
    failed(error) {
      failures.push(error)
      events.push('failed')
    },
    recovered() {
      events.push('recovered')
    },
  }
}
