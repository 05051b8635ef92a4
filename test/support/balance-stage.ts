import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Bed, type BedSettings, startBed } from '../../bench/balance/failover-bed.ts'
import { steadyNow } from '../../bench/balance/failover-child.ts'
import { type Load, type Sample, startLoad } from '../../bench/balance/failover-load.ts'
import type { Happened } from '../../bench/balance/failover-proxy.ts'

/** Checks that see a change soon, and leave a process as long to answer as the defaults do: here the machine may be busy. */
export const quickHealth = { path: '/health', interval: 2000, downInterval: 200, fall: 5 } as const

/** Requests a second: some are always in flight, and a machine that has other things to do keeps up. */
const rate = 100

export interface BalanceStage {
  readonly bed: Bed
  readonly load: Load
  /** Waits for so many more requests that were due from now on, and gives those that were. */
  answered(count: number): Promise<readonly Sample[]>
  /** The next of these in the pool, counted from `from` on the steady clock. Fails when it does not happen in time. */
  event(from: number, what: string, which: (one: Happened) => boolean): Promise<Happened>
}

/** Origins and a proxy, each a process of its own, under a load of GET and HEAD. Over with the test. */
export async function startStage(t: TestContext, settings: BedSettings, clientTimeout = 10_000): Promise<BalanceStage> {
  const bed = await startBed(settings)
  t.after(() => bed.stop())
  const load = startLoad({ port: bed.proxy.port, rate, timeout: clientTimeout })
  t.after(() => load.stop())

  async function answered(count: number): Promise<readonly Sample[]> {
    const from = steadyNow()
    const deadline = performance.now() + 10_000
    for (;;) {
      const later = load.samples.filter(({ at }) => at >= from)
      if (later.length >= count) return later
      assert.ok(performance.now() < deadline, `${later.length} of ${count} answers within ten seconds`)
      await setTimeout(10)
    }
  }

  await answered(40)
  return {
    bed,
    load,
    answered,
    async event(from, what, which) {
      const found = await bed.happened((one) => one.at >= from && which(one), 8000)
      assert.ok(found !== undefined, `not seen within eight seconds: ${what}`)
      return found
    },
  }
}
