import { type TestContext, test } from 'node:test'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import { wall } from './store-bed.ts'
import type { MakeStore, StoreBed } from './store-contract.ts'

export interface Stage extends StoreBed {
  readonly clock: FakeClock
  readonly test: TestContext
}

export interface Limits {
  readonly maxBytes?: number
  readonly maxEntryBytes?: number
}

/** A test with a store of its own, that ends with it. */
export type StoreTest = (title: string, run: (stage: Stage) => Promise<void>, limits?: Limits) => void

export function storeTests(name: string, make: MakeStore): StoreTest {
  return function storeTest(title, run, { maxBytes = 64 << 20, maxEntryBytes = 8 << 20 } = {}) {
    test(`${name}: ${title}`, { timeout: 60_000 }, async (context) => {
      const clock = fakeClock(wall)
      const bed = await make({ maxBytes, maxEntryBytes, clock })
      try {
        await run({ ...bed, clock, test: context })
      } finally {
        await bed.dispose()
      }
    })
  }
}
