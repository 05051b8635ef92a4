import type { Clock, Timer } from '../../contract/clock.ts'
import type { Pace } from '../../net/splice.ts'
import type { Bucket } from './bucket.ts'
import { Flow } from './flow.ts'

/** Those who wait for bytes of one direction. */
export interface PaceQueue {
  pace(buckets: readonly Bucket[]): Pace
  /** All go on, and nobody waits any more. */
  close(): void
}

/** Milliseconds between two looks while somebody waits. */
const tick = 20

export function paceQueue(clock: Clock): PaceQueue {
  /** In the order in which they get their turns. */
  let waiting: Flow[] = []
  let timer: Timer | undefined

  const queue = {
    closed: false,
    enqueue(flow: Flow): void {
      waiting.push(flow)
      timer ??= clock.setTimer(look, tick)
    },
  }

  function look(): void {
    timer = undefined
    const now = clock.now()
    const served = deal(waiting, now)
    // All at once, or two that wait for one bucket would hold each other in another one that is full again.
    for (const flow of waiting) flow.release()
    // Those who got nothing are the first the next time; the others come again at the end when they want more.
    waiting = waiting.filter((flow) => flow.missing > 0 && !served.has(flow))
    for (const flow of waiting) flow.mark(now)
    if (waiting.length > 0) timer = clock.setTimer(look, tick)
    for (const flow of served) flow.go()
  }

  return {
    pace: (buckets) => new Flow(buckets, clock, queue),
    close() {
      queue.closed = true
      if (timer !== undefined) clock.clearTimer(timer)
      timer = undefined
      for (const flow of waiting.splice(0)) flow.go()
    },
  }
}

/** Deals out what has come in, turn by turn, until nobody can have one more. Gives those who got something. */
function deal(waiting: readonly Flow[], now: number): Set<Flow> {
  const served = new Set<Flow>()
  let round = waiting
  while (round.length > 0) {
    round = round.filter((flow) => flow.missing > 0 && flow.grant(now))
    for (const flow of round) served.add(flow)
  }
  return served
}
