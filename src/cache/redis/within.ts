import type { Clock } from '../../contract/clock.ts'

/** Nothing came back in time. */
export class Late extends Error {
  override readonly name = 'Late'
}

/**
 * Settles as `work` does, or rejects with `Late` after `ms`. Before it gives up it looks once at what the sockets have: when
 * this process itself was busy for long, the answer may lie there.
 */
export function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => {
      setImmediate(() => reject(new Late(`no answer within ${Math.round(ms)} ms`)))
    }, ms)
    work.then(
      (value) => {
        clock.clearTimer(timer)
        resolve(value)
      },
      (error: unknown) => {
        clock.clearTimer(timer)
        reject(error)
      },
    )
  })
}
