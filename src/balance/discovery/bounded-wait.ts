import type { Clock } from '../../contract/clock.ts'

export interface Bounds {
  readonly clock: Clock
  /** Milliseconds. */
  readonly timeout: number
  /** Ends the wait. */
  readonly signal: AbortSignal
}

/**
 * Waits for what `begin` starts, which calls back later, never at once. Whatever the end is, the first one counts, and the
 * function that `begin` gave back is called to close what it opened.
 * @throws an error with the code `TIMEOUT` or `ABORTED`, or that which it failed with
 */
export function boundedWait<T>(
  { clock, timeout, signal }: Bounds,
  begin: (done: (value: T) => void, fail: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let open = true
    const end = (settle: () => void): void => {
      if (!open) return
      open = false
      clock.clearTimer(timer)
      signal.removeEventListener('abort', onAbort)
      close()
      settle()
    }
    const fail = (error: unknown): void => end(() => reject(error))
    const onAbort = (): void => fail(coded('ABORTED', 'discovery was closed'))
    const timer = clock.setTimer(() => fail(coded('TIMEOUT', `no answer within ${timeout} ms`)), timeout)
    signal.addEventListener('abort', onAbort)
    const close = begin((value) => end(() => resolve(value)), fail)
    if (signal.aborted) onAbort()
  })
}

/** An error with a code, as the system's have. */
export function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
