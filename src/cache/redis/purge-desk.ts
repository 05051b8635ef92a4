import type { PurgeMessage } from '../purge-bus.ts'
import type { PurgeTarget } from '../store.ts'
import type { Keys } from './keys.ts'
import { createOwed, type OwedPurge } from './owed.ts'
import { purge, removeUrl, type Soften } from './purge.ts'
import { failed, type Shelf } from './shelf.ts'

/** Purges of this process: done now, or owed until Redis is back. Nothing here rejects but `settle`. */
export interface PurgeDesk {
  purge(target: PurgeTarget, soften: Soften): Promise<number>
  publish(message: PurgeMessage): Promise<void>
  /** Whatever is stored under this URL may not be served any more. */
  owe(url: string): void
  /** Pays what is owed. Rejects when Redis fails again. */
  settle(): Promise<void>
}

export function createPurgeDesk(shelf: Shelf): PurgeDesk {
  const { purges, circuit } = shelf
  const owed = createOwed(settle)
  /** Targets that came from others, who see to Redis themselves. */
  const heard = new WeakSet<PurgeTarget>()
  /** Targets of purges that have been told, and need no `publish`. */
  const told = new WeakSet<PurgeTarget>()
  purges.onPurge(({ target }) => heard.add(target))

  async function settle({ target, soften, kind }: OwedPurge): Promise<number> {
    const message = { target, soft: soften !== undefined }
    if (kind === 'tell') await purges.announce(message)
    if (kind === 'tell' || shelf.keys === undefined) return 0
    await Promise.all(shelf.commits.values())
    if (kind === 'remove') return purge(shelf, shelf.keys, target, soften)
    return 'url' in target && soften === undefined
      ? removeUrl(shelf, shelf.keys, target.url, purges.sign(message))
      : toldTwice(shelf.keys, target, soften, message)
  }

  /**
   * Before, so that a fill which commits meanwhile sees that it is meant. After, because others may have copied from Redis what
   * was still there when they heard of it first.
   */
  async function toldTwice(keys: Keys, target: PurgeTarget, soften: Soften, message: PurgeMessage): Promise<number> {
    await purges.announce(message)
    const count = await purge(shelf, keys, target, soften)
    await purges.announce(message)
    return count
  }

  async function settleOrOwe(one: OwedPurge): Promise<number> {
    if (!circuit.open) {
      try {
        return await settle(one)
      } catch (error) {
        failed(shelf, error)
      }
    }
    owed.add(one)
    return 0
  }

  return {
    async purge(target, soften) {
      if (heard.has(target)) return 0
      told.add(target)
      return settleOrOwe({ target, soften, kind: 'both' })
    },
    async publish({ target, soft }) {
      if (heard.has(target) || told.delete(target)) return
      await settleOrOwe({ target, soften: soft ? same : undefined, kind: 'tell' })
    },
    owe: (url) => owed.add({ target: { url }, soften: undefined, kind: 'remove' }),
    settle: owed.settle,
  }
}

const same: Soften = (head) => head
