import type { PurgeMessage } from '../purge-bus.ts'
import type { PurgeTarget } from '../store.ts'
import type { Soften } from './purge.ts'

/** A purge that Redis has not taken. */
export interface OwedPurge {
  readonly target: PurgeTarget
  readonly soften: Soften
  /** What others are told; undefined when it is for Redis alone. */
  readonly message: PurgeMessage | undefined
  /** Only the others are told. */
  readonly tellOnly: boolean
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
      const target = { all: true } as const
      owed.length = 0
      owed.push({ target, soften: undefined, message: { target, soft: false }, tellOnly: false })
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
