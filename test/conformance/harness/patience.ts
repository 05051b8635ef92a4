import { AssertionError } from 'node:assert'

/** Resolves as soon as `condition` holds; fails with `what` after `limit` milliseconds. Looks every two milliseconds. */
export async function until(condition: () => boolean, what: string, limit = 2000): Promise<void> {
  const deadline = performance.now() + limit
  while (!condition()) {
    if (performance.now() > deadline) fail(`within ${limit} ms, not seen: ${what}`)
    await pause(2)
  }
}

/** The promise's value, or a failure that says `what` after `limit` milliseconds. */
export async function within<T>(promise: Promise<T>, what: string, limit = 3000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failure(`within ${limit} ms, not seen: ${what}`)), limit)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Time in which something forbidden would have shown. For the proof that nothing came; never to wait for something. */
export function quiet(ms = 60): Promise<void> {
  return pause(ms)
}

export function fail(message: string): never {
  throw failure(message)
}

function failure(message: string): AssertionError {
  return new AssertionError({ message, stackStartFn: fail })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
