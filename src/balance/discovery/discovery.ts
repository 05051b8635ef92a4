import type { Clock } from '../../contract/clock.ts'
import { knownKeys, OptionError } from '../../contract/options.ts'
import type { UpstreamOptions } from '../options.ts'
import type { DiscoverOptions } from './discover-options.ts'
import { type DnsSettings, dnsDiscovery, type Lookup, readDnsDiscovery } from './dns.ts'
import { type FileSettings, fileDiscovery, readFileDiscovery } from './file.ts'
import { type PollSettings, pollDiscovery, readPollDiscovery } from './poll.ts'
import { readSrvDiscovery, type SrvSettings, srvDiscovery } from './srv.ts'

export type { DiscoverOptions } from './discover-options.ts'

/** Hears what discovery finds. Called from timers and sockets, never inside of `start`. */
export interface DiscoveryListener {
  /**
   * The upstreams as they are now: the first answer, then each that differs from the one before (order does not count).
   * Empty only when a file or a function said so outright; a name without records is a failure. Throwing counts as a failure.
   */
  list(upstreams: readonly UpstreamOptions[]): void
  /** No answer, or one that is none; what was found before still holds. Once, when it begins to fail. */
  failed(error: Error): void
  /** There are answers again. After `list`, if they differ from what was found before. */
  recovered?(): void
}

/** Finds the upstreams of a pool and keeps looking. */
export interface Discovery {
  /** Begins. Once. */
  start(listener: DiscoveryListener): void
  /** Looks now, or once more after the look that is under way; resolves when it is done, well or not. */
  refresh(): Promise<void>
  /** Ends all timers, watchers and sockets; the listener hears no more. */
  close(): void
}

export type DiscoverySettings = DnsSettings | SrvSettings | FileSettings | PollSettings

export interface DiscoveryTools {
  readonly clock: Clock
  readonly random: () => number
  /** The system's own way from a name to addresses: /etc/hosts and search domains too. @default `dns.lookup` */
  readonly lookup?: Lookup
}

const kinds = ['dns', 'srv', 'file', 'poll'] as const

/** @throws OptionError for what is none of the four kinds, and for wrong options of one */
export function readDiscovery(option: string, given: DiscoverOptions): DiscoverySettings {
  if (typeof given !== 'object' || given === null || !kinds.some((kind) => kind in given)) {
    if (typeof given === 'object' && given !== null) knownKeys(option, given, kinds)
    throw new OptionError(option, given, "give an object with one of 'dns', 'srv', 'file', 'poll'")
  }
  if ('dns' in given) return readDnsDiscovery(option, given)
  if ('srv' in given) return readSrvDiscovery(option, given)
  if ('file' in given) return readFileDiscovery(option, given)
  return readPollDiscovery(option, given)
}

export function createDiscovery(settings: DiscoverySettings, tools: DiscoveryTools): Discovery {
  switch (settings.kind) {
    case 'dns':
      return dnsDiscovery(settings, tools)
    case 'srv':
      return srvDiscovery(settings, tools)
    case 'file':
      return fileDiscovery(settings, tools)
    case 'poll':
      return pollDiscovery(settings, tools)
  }
}
