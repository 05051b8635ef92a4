import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { complaints, type LoadAsk, type LoadResult, runLoad } from './load.ts'

const STREAMS = 4

/** h2load over cleartext HTTP/2 with prior knowledge: a quarter of the connections, four streams on each. */
export async function h2load(ask: LoadAsk): Promise<LoadResult> {
  const log = join(ask.directory, 'h2load.log')
  rmSync(log, { force: true })
  const output = await runLoad(ask.core, 'h2load', [
    ...['-t', '1', '-c', String(Math.max(1, Math.round(ask.connections / STREAMS))), '-m', String(STREAMS)],
    ...['-D', String(ask.seconds), `--log-file=${log}`],
    `http://127.0.0.1:${ask.port}${ask.scenario.path}`,
  ])
  const latencies = readLatencies(log)
  return {
    requests: number(output, /(\d+) succeeded/),
    seconds: ask.seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    errors: complaints({
      'failed requests': number(output, /(\d+) failed/),
      'errored requests': number(output, /(\d+) errored/),
      timeouts: number(output, /(\d+) timeout/),
      'answers other than 2xx': number(output, /(\d+) 3xx/) + number(output, /(\d+) 4xx/) + number(output, /(\d+) 5xx/),
    }),
  }
}

/** Lines of the log: start in microseconds, status, duration in microseconds. Sorted, in milliseconds. */
function readLatencies(log: string): Float64Array {
  const lines = readFileSync(log, 'latin1').trimEnd().split('\n')
  return Float64Array.from(lines, (line) => Number(line.slice(line.lastIndexOf('\t') + 1)) / 1000).sort()
}

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function number(output: string, pattern: RegExp): number {
  return Number(pattern.exec(output)?.[1] ?? 0)
}
