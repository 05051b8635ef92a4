import { once } from 'node:events'
import type { StoreStats } from '../../src/cache/store.ts'
import type { Running } from '../peers/launch.ts'

/** What `peers/sallyport.ts` answers beside `memory`. */
export interface Answers {
  /** Removes everything; how many entries there were. */
  readonly purge: number
  readonly stats: StoreStats
}

/** Asks a proxy over its channel to this process. One question at a time. */
export async function askChild<K extends keyof Answers>(proxy: Running, question: K): Promise<Answers[K]> {
  const answered = once(proxy.child, 'message', { signal: AbortSignal.timeout(30_000) })
  proxy.child.send(question)
  const [message] = (await answered) as [{ readonly [key in K]: Answers[K] }]
  return message[question]
}
