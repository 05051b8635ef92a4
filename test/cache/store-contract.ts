import type { Store } from '../../src/cache/store.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { storeBounds } from './store-contract-bounds.ts'
import { storeContent } from './store-contract-content.ts'
import { storeLife } from './store-contract-life.ts'
import { storePurge } from './store-contract-purge.ts'
import { storeVariants } from './store-contract-variants.ts'

/** A store under test and all that it needs, made afresh for each test. */
export interface StoreBed {
  readonly store: Store
  /** For persistent stores: another one over the same files or keys, as after a restart. The first has been closed. */
  readonly reopen?: () => Store | Promise<Store>
  /** False where another program keeps the bound (Redis by `maxmemory`). @default true */
  readonly bounded?: boolean
  /** Closes what is open and removes what is left. */
  dispose(): Promise<void>
}

export interface StoreNeeds {
  readonly maxBytes: number
  /** Bytes of content of one entry. */
  readonly maxEntryBytes: number
  /** Begins at `wall` of store-bed.ts. */
  readonly clock: FakeClock
}

export type MakeStore = (needs: StoreNeeds) => StoreBed | Promise<StoreBed>

/** Registers all that a `Store` promises as tests. The same for memory, disk and Redis. */
export function storeContract(name: string, make: MakeStore): void {
  storeContent(name, make)
  storeVariants(name, make)
  storeBounds(name, make)
  storePurge(name, make)
  storeLife(name, make)
}
