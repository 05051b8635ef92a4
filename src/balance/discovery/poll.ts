import { knownKeys, OptionError, time } from '../../contract/options.ts'
import { boundedWait } from './bounded-wait.ts'
import type { PollDiscoverOptions } from './discover-options.ts'
import type { Discovery, DiscoveryTools } from './discovery.ts'
import { type Found, refreshLoop } from './refresh-loop.ts'
import { readUpstreamList } from './upstream-list.ts'

export interface PollSettings {
  readonly kind: 'poll'
  readonly poll: PollDiscoverOptions['poll']
  readonly interval: number
  readonly timeout: number
}

export function readPollDiscovery(option: string, given: PollDiscoverOptions): PollSettings {
  knownKeys(option, given, ['poll', 'interval', 'timeout'])
  if (typeof given.poll !== 'function') {
    throw new OptionError(`${option}.poll`, given.poll, 'give a function that gives a list of URLs')
  }
  return Object.freeze({
    kind: 'poll',
    poll: given.poll,
    interval: time(`${option}.interval`, given.interval, 10_000),
    timeout: time(`${option}.timeout`, given.timeout, 5000),
  })
}

/** Asks a function. After a failure it is asked again after the interval at most. */
export function pollDiscovery(settings: PollSettings, tools: DiscoveryTools): Discovery {
  let out = false

  async function call(signal: AbortSignal): Promise<unknown> {
    out = true
    try {
      return await settings.poll(signal)
    } finally {
      out = false
    }
  }

  async function look(signal: AbortSignal): Promise<Found> {
    // Given up, but still out: another one beside it would be one more that hangs, and so on without end.
    if (out) throw new Error('The last call of the poll function has not come back')
    const bounds = { clock: tools.clock, timeout: settings.timeout, signal }
    const given = await boundedWait(bounds, (done, fail) => {
      const abort = new AbortController()
      call(abort.signal).then(done, fail)
      return () => abort.abort()
    })
    return { upstreams: readUpstreamList('upstreams', given), holds: settings.interval }
  }

  return refreshLoop(look, { retry: Math.min(1000, settings.interval), maxRetry: settings.interval }, tools)
}
