import type { Queued } from './queue.ts'

/**
 * Decides which entry leaves when there is no room. It is told of everything that comes and goes. A use is counted in
 * `uses` of the entry by whoever serves it.
 */
export interface Policy<N extends Queued<N>> {
  /** A new entry, which has its weight already. */
  insert(node: N): void
  /** `node` takes the place of `old` and inherits what is known of it. */
  replace(old: N, node: N): void
  /** An entry that is in weighs more or less from now on. */
  reweigh(node: N, weight: number): void
  /** An entry leaves for another reason. */
  remove(node: N): void
  /** Takes the least useful entry out, and gives it. It may be the one that came in last. Undefined: there is none. */
  evict(): N | undefined
  /** Forgets everything. */
  clear(): void
}
