import type { Clock } from '../contract/clock.ts'

/** Where lines go. A stream of Node, a pino destination, anything with `write`. */
export interface LineDestination {
  write(line: string): unknown
  /** Where it is told, as streams do, lines that do not fit are dropped. */
  readonly writableLength?: number
}

export interface LineSinkSettings {
  /** Bytes that may wait for a slow destination. */
  readonly maxPending: number
  /** Told how many lines have been dropped so far, at 1, 2, 4, 8, ... */
  readonly onDrop?: ((dropped: number) => void) | undefined
  readonly clock: Clock
}

/** Takes whole lines, never waits and never throws: a log that cannot be written must not stop the traffic. */
export interface LineSink {
  /** `line` with its end. */
  write(line: string): void
  /** Lines that were not written. */
  readonly dropped: number
  /** Lets what waits be written, for a second at most. Nothing is taken afterwards. */
  close(): Promise<void>
}

/** Lines on their way to a destination: no more than `maxPending` bytes wait there, the rest is dropped and counted. */
export function createLineSink(destination: LineDestination, settings: LineSinkSettings): LineSink {
  const drops = dropCount(settings.onDrop)
  let closed = false
  return {
    write(line) {
      const waiting = destination.writableLength ?? 0
      if (closed || waiting + line.length > settings.maxPending) return drops.add()
      try {
        destination.write(line)
      } catch {
        drops.add()
      }
    },
    get dropped() {
      return drops.total
    },
    async close() {
      closed = true
      const { clock } = settings
      const giveUp = clock.now() + 1000
      while ((destination.writableLength ?? 0) > 0 && clock.now() < giveUp) {
        await new Promise<void>((resolve) => clock.setTimer(resolve, 10))
      }
    },
  }
}

export interface DropCount {
  readonly total: number
  add(): void
}

/** Counts, and tells seldom enough to be a log of its own. */
export function dropCount(onDrop: ((dropped: number) => void) | undefined): DropCount {
  let total = 0
  return {
    get total() {
      return total
    },
    add() {
      total++
      if ((total & (total - 1)) === 0) onDrop?.(total)
    },
  }
}
