import { duration, OptionError } from '../contract/options.ts'
import { createWarmClient, readTo, reasonOf, type WarmClient } from './cache-warm-client.ts'
import { showProgress } from './cache-warm-progress.ts'
import { mostUrls, readWarmSource } from './cache-warm-source.ts'
import { createTally, type Tally } from './cache-warm-tally.ts'
import { CliError, exitCodes } from './errors.ts'
import { counted } from './readable.ts'

export interface WarmFlags {
  readonly to: string
  readonly concurrency: string
  readonly host?: string
  readonly header?: readonly string[]
  readonly timeout: string
  readonly maxTime: string
}

/** So many that cannot be reached, and none that can: nobody is there. */
const hopeless = 20

/**
 * `sallyport cache warm`: asks the proxy for each URL once. Gives the exit code.
 * @throws CliError, OptionError for what cannot work
 */
export async function cacheWarm(source: string, flags: WarmFlags): Promise<number> {
  const concurrency = readConcurrency(flags.concurrency)
  const timeout = readTime('--timeout', flags.timeout)
  const maxTime = readTime('--max-time', flags.maxTime)
  const to = readTo(flags.to)
  const end = AbortSignal.timeout(maxTime)
  const fields = readFields(flags.header ?? [])
  const client = createWarmClient({
    to: flags.to,
    concurrency,
    host: readHost(flags.host),
    fields,
    timeout,
    signal: end,
  })
  const begun = performance.now()
  try {
    const { urls, isCut, bad } = await readWarmSource(source, client, to)
    if (isCut) say(`warning: ${source} has more than ${mostUrls} URLs; the first ${mostUrls} are warmed`)
    if (bad.length > 0)
      say(
        `warning: passed over ${counted(bad.length, 'line that is', 'lines that are')} no URL: ${JSON.stringify(bad[0])}`,
      )
    const tally = createTally()
    const progress = showProgress(tally, urls.length, process.stderr)
    try {
      await askForAll(urls, concurrency, client, tally, end, progress.update)
    } finally {
      progress.stop()
    }
    process.stdout.write(tally.long(performance.now() - begun))
    if (end.aborted) say(`stopped after --max-time ${flags.maxTime}: ${urls.length - tally.done} are left`)
    return tally.failures > 0 || end.aborted ? exitCodes.failedStart : exitCodes.ok
  } finally {
    await client.close()
  }
}

async function askForAll(
  urls: readonly URL[],
  concurrency: number,
  client: WarmClient,
  tally: Tally,
  end: AbortSignal,
  onDone: () => void,
): Promise<void> {
  let next = 0
  let unreachable: string | undefined
  async function work(): Promise<void> {
    while (next < urls.length && !end.aborted && unreachable === undefined) {
      const url = urls[next++] as URL
      try {
        await askFor(url, client, tally)
      } catch (error) {
        if (end.aborted) return
        const reason = reasonOf(error)
        tally.failed(url, reason)
        if (tally.failures >= hopeless && tally.failures === tally.done) unreachable = reason
      }
      onDone()
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, urls.length) }, work))
  if (unreachable !== undefined) {
    throw new CliError(exitCodes.failedStart, `the first ${hopeless} URLs have failed, each one: ${unreachable}`)
  }
}

async function askFor(url: URL, client: WarmClient, tally: Tally): Promise<void> {
  const { status, cacheStatus, content } = await client.get(url)
  let size = 0
  // Read to the end: what breaks off is not stored.
  for await (const chunk of content) size += chunk.length
  tally.answered(url, status, cacheStatus, size)
}

function readConcurrency(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= 256) return count
  throw new OptionError('--concurrency', text, 'give a number from 1 to 256')
}

function readTime(option: string, text: string): number {
  const ms = duration(option, text, 0)
  if (ms > 0) return ms
  throw new OptionError(option, text, "give more than 0, such as '30s'")
}

function readHost(host: string | undefined): string | undefined {
  if (host === undefined || /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(host)) return host
  throw new OptionError('--host', host, 'give a host, such as www.example.com')
}

/** What browsers accept, so that what is stored is what they will ask for. */
function readFields(given: readonly string[]): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {
    'accept-encoding': 'gzip, deflate, br, zstd',
    'user-agent': 'sallyport-warm',
  }
  for (const text of given) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9a-z-]+):[ \t]*([\x20-\x7e]*?)[ \t]*$/i.exec(text) ?? []
    if (name === undefined || value === undefined) throw new OptionError('--header', text, "give 'Name: value'")
    if (name.toLowerCase() === 'host') throw new OptionError('--header', text, 'take --host')
    fields[name.toLowerCase()] = value
  }
  return fields
}

function say(text: string): void {
  process.stderr.write(`sallyport: ${text}\n`)
}
