import type { Timer } from '../../contract/clock.ts'
import type { UpstreamOptions } from '../options.ts'
import type { Discovery, DiscoveryListener, DiscoveryTools } from './discovery.ts'
import { fingerprint, mostUpstreams } from './upstream-list.ts'

/** What one look found. */
export interface Found {
  readonly upstreams: readonly UpstreamOptions[]
  /** Milliseconds for which it holds. */
  readonly holds: number
}

export interface RefreshSettings {
  /** Pause after a failure; doubled with each further one. */
  readonly retry: number
  readonly maxRetry: number
}

/** So that many processes do not ask in step: up to so much of a pause is added. */
const jitter = 0.05

/**
 * Looks, waits for as long as the answer holds, looks again; one look at a time. Tells the listener of changes only.
 * @param look rejects when there is no answer; `signal` is aborted by `close`
 */
export function refreshLoop(
  look: (signal: AbortSignal) => Promise<Found>,
  settings: RefreshSettings,
  { clock, random }: Pick<DiscoveryTools, 'clock' | 'random'>,
): Discovery {
  const closing = new AbortController()
  let listener: DiscoveryListener | undefined
  let timer: Timer | undefined
  let running: Promise<void> | undefined
  let queued: Promise<void> | undefined
  let known: string | undefined
  let failures = 0

  async function round(heard: DiscoveryListener): Promise<void> {
    try {
      const { upstreams, holds } = await look(closing.signal)
      if (closing.signal.aborted) return
      tell(heard, upstreams)
      again(holds)
    } catch (error) {
      if (closing.signal.aborted) return
      again(Math.min(settings.retry * 2 ** failures, settings.maxRetry))
      if (failures++ === 0) heard.failed(error instanceof Error ? error : new Error(String(error)))
    }
  }

  function again(pause: number): void {
    // The listener may have closed it from within.
    if (!closing.signal.aborted) timer = clock.setTimer(run, pause * (1 + jitter * random()))
  }

  function tell(heard: DiscoveryListener, upstreams: readonly UpstreamOptions[]): void {
    if (upstreams.length > mostUpstreams) throw new Error(`More than ${mostUpstreams} upstreams: ${upstreams.length}`)
    const now = fingerprint(upstreams)
    if (now !== known) heard.list(upstreams)
    known = now
    const failed = failures > 0
    failures = 0
    if (failed) heard.recovered?.()
  }

  function run(): Promise<void> {
    if (timer !== undefined) clock.clearTimer(timer)
    timer = undefined
    if (listener === undefined || closing.signal.aborted) return Promise.resolve()
    running = round(listener).finally(() => {
      running = undefined
    })
    return running
  }

  return {
    start(given) {
      if (listener !== undefined) throw new Error('This discovery has been started already')
      listener = given
      void run()
    },
    refresh() {
      if (running === undefined) return run()
      queued ??= running.then(() => {
        queued = undefined
        return run()
      })
      return queued
    },
    close() {
      closing.abort()
      if (timer !== undefined) clock.clearTimer(timer)
      timer = undefined
    },
  }
}
