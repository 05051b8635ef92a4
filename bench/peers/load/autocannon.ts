import { complaints, type LoadAsk, type LoadResult, runLoad } from './load.ts'

interface AutocannonReport {
  readonly duration: number
  readonly requests: { readonly total: number }
  readonly latency: { readonly p50: number; readonly p99: number }
  readonly errors: number
  readonly timeouts: number
  readonly non2xx: number
}

/** Stands in where wrk is missing. It needs more of the load's core than wrk does, so fast proxies look slower. */
export async function autocannon(ask: LoadAsk): Promise<LoadResult> {
  const { scenario } = ask
  const program = new URL('../../../node_modules/autocannon/autocannon.js', import.meta.url).pathname
  const upload = scenario.uploadBytes === 0 ? [] : ['-m', 'POST', '-b', 'x'.repeat(scenario.uploadBytes)]
  const output = await runLoad(ask.core, process.execPath, [
    ...[program, '--json', '-c', String(ask.connections), '-d', String(ask.seconds), ...upload],
    `http://127.0.0.1:${ask.port}${scenario.path}`,
  ])
  const report = JSON.parse(output) as AutocannonReport
  return {
    requests: report.requests.total,
    seconds: report.duration,
    p50: report.latency.p50,
    p99: report.latency.p99,
    errors: complaints({
      'answers other than 2xx': report.non2xx,
      errors: report.errors,
      timeouts: report.timeouts,
    }),
  }
}
