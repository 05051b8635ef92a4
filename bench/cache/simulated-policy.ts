import type { Policy } from '../../src/cache/memory/policy.ts'
import type { Queued } from '../../src/cache/memory/queue.ts'

/** A policy that may want to be told of each use, instead of reading `uses`. */
export interface SimulatedPolicy<N extends Queued<N>> extends Policy<N> {
  hit?(node: N): void
}

/** An entry without anything in it. */
export class SimulatedEntry implements Queued<SimulatedEntry> {
  readonly key: number
  readonly hash: number
  weight: number
  uses = 0
  place = 0
  newer: SimulatedEntry | undefined = undefined
  older: SimulatedEntry | undefined = undefined

  constructor(key: number, weight: number) {
    this.key = key
    this.weight = weight
    let hash = Math.imul(key ^ (key >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    this.hash = (hash ^ (hash >>> 16)) >>> 0
  }
}
