import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { complaints, type LoadAsk, type LoadResult, runLoad } from './load.ts'

interface WrkSummary {
  readonly requests: number
  readonly micros: number
  readonly p50: number
  readonly p99: number
  readonly connect: number
  readonly read: number
  readonly write: number
  readonly status: number
  readonly timeout: number
}

/** wrk with one thread. The script has no `request` function, so wrk builds its request once: no Lua on the hot path. */
export async function wrk(ask: LoadAsk): Promise<LoadResult> {
  const { scenario, fields = [], connections, seconds, core, directory } = ask
  const script = join(directory, `${scenario.id}.lua`)
  writeFileSync(script, luaScript(scenario.uploadBytes))
  const url = `http://127.0.0.1:${ask.port}${scenario.path}`
  const output = await runLoad(core, 'wrk', [
    ...['-t', '1', '-c', String(connections), '-d', `${seconds}s`],
    ...fields.flatMap((field) => ['-H', field]),
    ...['--latency', '-s', script, url],
  ])
  const summary = JSON.parse(/^summary (.*)$/m.exec(output)?.[1] ?? 'null') as WrkSummary
  return {
    requests: summary.requests,
    seconds: summary.micros / 1e6,
    p50: summary.p50 / 1000,
    p99: summary.p99 / 1000,
    errors: complaints({
      'answers other than 2xx': summary.status,
      'connect errors': summary.connect,
      'read errors': summary.read,
      'write errors': summary.write,
      timeouts: summary.timeout,
    }),
  }
}

function luaScript(uploadBytes: number): string {
  const upload =
    uploadBytes === 0
      ? ''
      : `wrk.method = 'POST'
wrk.body = string.rep('x', ${uploadBytes})
wrk.headers['Content-Type'] = 'application/octet-stream'
`
  return `${upload}done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'summary {"requests":%d,"micros":%d,"p50":%d,"p99":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect, e.read, e.write, e.status, e.timeout))
end
`
}
