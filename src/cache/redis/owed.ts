import type { PurgeTarget } from '../store.ts'
import type { Soften } from './purge.ts'

/** A purge that Redis has not taken. */
export interface OwedPurge {
  readonly target: PurgeTarget
  readonly soften: Soften
  /** Others are told, it is removed from Redis, or both. */
  readonly kind: 'tell' | 'remove' | 'both'
}

export interface Owed {
  add(purge: OwedPurge): void
  /** Does them in order. Rejects at the first that fails; that and the later ones stay owed. */
  settle(): Promise<void>
}

/** Purges that are kept for later. With more, everything is purged. */
const most = 1000

export function createOwed(run: (purge: OwedPurge) => Promise<unknown>): Owed {
  const owed: OwedPurge[] = []
  return {
    add(purge) {
      owed.push(purge)
      if (owed.length <= most) return
      owed.length = 0
      owed.push({ target: { all: true }, soften: undefined, kind: 'both' })
    },
    async settle() {
      while (owed.length > 0) {
        const next = owed[0] as OwedPurge
        await run(next)
        if (owed[0] === next) owed.shift()
      }
    },
  }
}
