import type { Clock } from '../contract/clock.ts'
import type { Answer } from './answer.ts'
import type { Head } from './head.ts'
import type { Circumstances } from './make-head.ts'
import type { Arrival } from './outcome.ts'
import type { Entry, Store } from './store.ts'
import type { UrlLore } from './url-lore.ts'

/**
 * What an upstream call is for. `fetch`: what the store does not have. `validate`: whether a stored response still holds.
 * `complete`: the rest of a stored part. `solo`: what one client has asked for, as it asked; shared with nobody.
 */
export type FillMode = 'fetch' | 'validate' | 'complete' | 'solo'

/** How a stored response came to answer: a word for the log and Cache-Status, undefined for a plain hit. */
export type HitDetail = 'stale' | 'while-revalidating' | 'stale-if-error' | 'disconnected' | 'validated' | undefined

/** What an upstream call needs of the cache that makes it. */
export interface FillHost {
  readonly clock: Clock
  readonly store: Store
  readonly name: string
  readonly lore: UrlLore
  /** Bytes of content that are kept at hand for whoever joins. */
  readonly shareBytes: number
  /** Answers from a stored response, with this head. */
  serve(answer: Answer, entry: Entry, head: Head, detail: HitDetail): void
  /** Whoever waited for something that was not for it asks anew. `solo`: and waits for nobody. */
  again(answer: Answer, solo: boolean): void
  /** A stored part that a new one might be joined with. */
  partBeside(head: Head): Entry | undefined
  /** It is no longer to be joined. */
  over(fill: object): void
  /** The answer to HEAD says how the stored one stands. RFC 9111 4.3.5. */
  headCame(answer: Answer, arrival: Arrival, around: Circumstances): void
}
