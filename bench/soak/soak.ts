import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { contenders } from '../peers/contenders.ts'
import { memoryOf, type Running } from '../peers/launch.ts'
import { processCost } from '../peers/process-cost.ts'

export const MB = 2 ** 20

/** One claim of a soak and what came of it. */
export interface Verdict {
  readonly claim: string
  readonly measured: string
  readonly met: boolean
}

/**
 * Puts the proxy of `--proxy` (sallyport) in front of an origin, hands it to `run`, prints a line for each verdict and
 * leaves exit code 1 when a claim was not met. The proxy is a process of its own, which can collect its garbage on demand.
 */
export async function soak(originPort: number, run: (proxy: Running) => Promise<readonly Verdict[]>): Promise<void> {
  const { values } = parseArgs({ options: { proxy: { type: 'string', default: 'sallyport' } } })
  const contender = contenders.find(({ id }) => id === values.proxy)
  if (contender === undefined) throw new Error(`no proxy '${values.proxy}'; see bench/README.md`)
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-soak-'))
  const proxy = await contender.start({
    origin: `http://127.0.0.1:${originPort}`,
    protocol: 'h1',
    core: Math.min(1, availableParallelism() - 1),
    directory,
    nodeFlags: ['--expose-gc'],
  })
  try {
    for (const { claim, measured, met } of await run(proxy)) {
      console.log(`${met ? 'PASS' : 'FAIL'}  ${contender.label}: ${claim}: ${measured}`)
      if (!met) process.exitCode = 1
    }
  } finally {
    await proxy.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Watches the resident memory of a process; the returned function ends it and gives the highest value, in bytes. */
export function watchRss(pid: number): () => number {
  let peak = processCost(pid).rssBytes
  const look = () => {
    peak = Math.max(peak, processCost(pid).rssBytes)
  }
  const timer = setInterval(look, 50)
  return () => {
    clearInterval(timer)
    look()
    return peak
  }
}

/** Memory of a proxy after garbage collections, once it no longer falls: what is still held. */
export async function settledMemory(proxy: Running): Promise<{ rss: number; heapUsed: number }> {
  let last = await memoryOf(proxy)
  for (let tries = 0; tries < 20; tries++) {
    await setTimeout(250)
    const now = await memoryOf(proxy)
    if (last.heapUsed - now.heapUsed < 16_384 && last.rss - now.rss < 65_536) return now
    last = now
  }
  return last
}

/** Asks again and again until it holds or the time is over; says which. */
export async function becomesTrue(condition: () => boolean, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds
  while (!condition()) {
    if (Date.now() > deadline) return false
    await setTimeout(50)
  }
  return true
}

export function megabytes(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`
}
