import { seededRandom } from '../../support/random.ts'

/** Chance, the same in every run with the same seed. */
export interface Chance {
  /** True in `share` of all cases. */
  happens(share: number): boolean
  pick<T>(list: readonly T[]): T
  /** From 0 up to and without `end`. */
  below(end: number): number
}

export function chanceOf(seed: number): Chance {
  const random = seededRandom(seed)
  const below = (end: number) => Math.floor(random() * end)
  return {
    happens: (share) => random() < share,
    pick: (list) => list[below(list.length)] as (typeof list)[number],
    below,
  }
}
