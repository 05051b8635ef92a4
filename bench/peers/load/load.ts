import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { pinned } from '../launch.ts'
import type { Scenario } from '../scenarios.ts'

/** One stretch of load on one proxy. */
export interface LoadAsk {
  readonly port: number
  readonly scenario: Scenario
  /** Fields of each request beyond Host, such as `Accept: text/html`. wrk only. @default none */
  readonly fields?: readonly string[]
  /** Requests in flight at any time. */
  readonly connections: number
  readonly seconds: number
  /** The processor of the load generator. */
  readonly core: number
  /** Temporary directory for scripts and logs. */
  readonly directory: string
}

export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  /** Latency in milliseconds. */
  readonly p50: number
  readonly p99: number
  /** What went wrong, in words; empty when every answer was a 2xx. */
  readonly errors: readonly string[]
}

export type Load = (ask: LoadAsk) => Promise<LoadResult>

/** Runs a load generator on its processor; its standard output. */
export async function runLoad(core: number, command: string, args: readonly string[]): Promise<string> {
  const [program, all] = pinned(core, command, args)
  const child = spawn(program, all, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, complaint, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject)),
  ])
  if (code !== 0) throw new Error(`${command} ended with code ${code}: ${complaint.trim()}`)
  return output
}

/** Names what was not zero. */
export function complaints(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []))
}
