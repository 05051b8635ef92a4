import type { Head } from './head.ts'
import { isPurged, type PurgeTarget } from './store.ts'

/** Remembers purges, so that a copy made of what was found before one does not outlive it. */
export interface PurgeGuard {
  /** A point in time, for `holds`. */
  readonly mark: number
  /** A purge begins. Gives the function that says that it is done. */
  begin(target: PurgeTarget): () => void
  /** Something is over that takes no time. */
  note(target: PurgeTarget): void
  /** True when this head was found at `mark`, and nothing that means it has been purged since or is being purged. */
  holds(mark: number, head: Head): boolean
}

/** Purges that are remembered. What was found before more of them is not copied. */
const most = 256

export function createPurgeGuard(): PurgeGuard {
  const recent: PurgeTarget[] = []
  const active = new Set<PurgeTarget>()
  let mark = 0

  function note(target: PurgeTarget): void {
    recent[mark % most] = target
    mark++
  }

  return {
    get mark() {
      return mark
    },
    begin(target) {
      // What is found while it runs may be what it is about to remove: so it counts again when it is done.
      const own = { ...target }
      active.add(own)
      note(own)
      return () => {
        active.delete(own)
        note(own)
      }
    },
    note,
    holds(since, head) {
      if (mark - since > most) return false
      for (let at = since; at < mark; at++) if (isPurged(recent[at % most] as PurgeTarget, head)) return false
      for (const target of active) if (isPurged(target, head)) return false
      return true
    },
  }
}
