import { knownKeys, OptionError } from '../../contract/options.ts'
import type { PollDiscoverOptions } from './discover-options.ts'
import type { Discovery, DiscoveryTools } from './discovery.ts'
import { interval } from './interval.ts'
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
    interval: interval(`${option}.interval`, given.interval, 10_000),
    timeout: interval(`${option}.timeout`, given.timeout, 5000),
  })
}

/** Asks a function. After a failure it is asked again after the interval at most. */
export function pollDiscovery(settings: PollSettings, tools: DiscoveryTools): Discovery {
  const { clock } = tools
  let out = false

  async function call(signal: AbortSignal): Promise<unknown> {
    out = true
    try {
      return await settings.poll(signal)
    } finally {
      out = false
    }
  }

  async function look(closing: AbortSignal): Promise<Found> {
    // Given up, but still out: another one beside it would be one more that hangs, and so on without end.
    if (out) throw new Error('The last call of the poll function has not come back')
    const abort = new AbortController()
    const gaveUp = Promise.withResolvers<never>()
    const giveUp = (why: string): void => {
      const error = new Error(why)
      gaveUp.reject(error)
      abort.abort(error)
    }
    const late = `The poll function gave nothing within ${settings.timeout} ms`
    const timer = clock.setTimer(() => giveUp(late), settings.timeout)
    const onClose = (): void => giveUp('Discovery was closed')
    closing.addEventListener('abort', onClose)
    try {
      const given = await Promise.race([call(abort.signal), gaveUp.promise])
      return { upstreams: readUpstreamList('upstreams', given), holds: settings.interval }
    } finally {
      clock.clearTimer(timer)
      closing.removeEventListener('abort', onClose)
    }
  }

  return refreshLoop(look, { retry: Math.min(1000, settings.interval), maxRetry: settings.interval }, tools)
}
