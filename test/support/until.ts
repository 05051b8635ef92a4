import { AssertionError } from 'node:assert'

/** Resolves as soon as `condition` holds; fails with `what` after `limit` milliseconds. Looks every two milliseconds. */
export async function until(condition: () => boolean, what: string | (() => string), limit = 5000): Promise<void> {
  const deadline = performance.now() + limit
  while (!condition()) {
    if (performance.now() > deadline) {
      const seen = typeof what === 'string' ? what : what()
      throw new AssertionError({ message: `within ${limit} ms, not seen: ${seen}`, stackStartFn: until })
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
