import { setTimeout } from 'node:timers/promises'
import { type Bed, type BedSettings, startBed } from './failover-bed.ts'
import { steadyNow } from './failover-child.ts'
import { type Load, startLoad } from './failover-load.ts'

export interface Run {
  /** Requests a second. */
  readonly rate: number
  /** Length of a scenario, about. */
  readonly seconds: number
}

export interface Finding {
  readonly claim: string
  readonly found: string
  readonly met: boolean
}

export interface Outcome {
  readonly title: string
  readonly findings: readonly Finding[]
  /** What there is beside, in words. */
  readonly notes: readonly string[]
}

/** A bed under load. */
export interface Stage {
  readonly bed: Bed
  readonly load: Load
  /** When the load had reached its rate, and from when on it counts. */
  readonly began: number
  /** Waits until so many seconds of the run have gone by, as parts of `run.seconds`. */
  until(part: number): Promise<void>
}

/** Processes that have just been started run their code for the first time: not what is asked for here. */
const rampUp = 3000

/** Sets the stage, plays, and clears it away whatever happens. */
export async function play<T>(
  run: Run,
  settings: BedSettings & { readonly clientTimeout: number },
  act: (stage: Stage) => Promise<T>,
): Promise<T> {
  const { clientTimeout, ...rest } = settings
  const bed = await startBed(rest)
  try {
    const load = startLoad({ port: bed.proxy.port, rate: run.rate, timeout: clientTimeout, rampUp })
    await setTimeout(rampUp + 1000)
    const began = steadyNow()
    const until = (part: number) => setTimeout(Math.max(0, began + part * run.seconds * 1000 - steadyNow()))
    return await act({ bed, load, began, until })
  } finally {
    await bed.stop()
  }
}
