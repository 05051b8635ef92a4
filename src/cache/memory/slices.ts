import { setImmediate as nextTurn } from 'node:timers/promises'

/** What is walked in one turn of the event loop. */
const slice = 2000

/** Everything in `all`, with a turn of the event loop for others now and then. */
export async function* inSlices<T>(all: Iterable<T>): AsyncGenerator<T> {
  let walked = 0
  for (const one of all) {
    yield one
    if (++walked % slice === 0) await nextTurn()
  }
}

/** Calls `work` for everything in `all`, a slice a turn: no promise for each. */
export async function walkInSlices<T>(all: Iterable<T>, work: (one: T) => void): Promise<void> {
  let walked = 0
  for (const one of all) {
    work(one)
    if (++walked % slice === 0) await nextTurn()
  }
}
