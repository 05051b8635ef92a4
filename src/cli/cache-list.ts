import type { ListedLine } from '../../plugins/cache/control-requests.ts'
import { OptionError } from '../contract/options.ts'
import { type ControlFlags, connectControl } from './cache-control.ts'
import { bytes, harmless, seconds, table } from './readable.ts'

export interface ListFlags extends ControlFlags {
  readonly prefix?: string
  readonly limit: string
  readonly json?: true
}

/** `sallyport cache list`. */
export async function cacheList(flags: ListFlags): Promise<void> {
  const limit = readLimit(flags.limit)
  const control = await connectControl(flags, process.env)
  // One more than is shown tells whether there is more.
  const query = new URLSearchParams(limit === 0 ? {} : { limit: String(limit + 1) })
  if (flags.prefix !== undefined) query.set('prefix', flags.prefix)
  const lines = control.lines(`/list?${query}`) as AsyncIterable<ListedLine>
  if (flags.json === true) await printJson(lines, limit)
  else await printTable(lines, limit)
}

async function printJson(lines: AsyncIterable<ListedLine>, limit: number): Promise<void> {
  let count = 0
  for await (const line of lines) {
    if (limit > 0 && ++count > limit) break
    const taken = process.stdout.write(`${JSON.stringify(line)}\n`)
    if (!taken) await new Promise((resolve) => process.stdout.once('drain', resolve).once('close', resolve))
  }
}

async function printTable(lines: AsyncIterable<ListedLine>, limit: number): Promise<void> {
  const found: ListedLine[] = []
  for await (const line of lines) found.push(line)
  const isCut = limit > 0 && found.length > limit
  if (isCut) found.pop()
  if (found.length === 0) {
    process.stderr.write('sallyport: nothing is stored\n')
    return
  }
  found.sort((a, b) => (a.url < b.url ? -1 : a.url > b.url ? 1 : 0))
  const titles = ['URL', 'STATUS', 'SIZE', 'AGE', 'FRESH FOR', 'STORE', 'VARIES BY']
  const rows = found.map(({ url, status, size, age, freshFor, store, vary }) => [
    harmless(url),
    String(status),
    bytes(size),
    seconds(age),
    freshFor > 0 ? seconds(freshFor) : 'stale',
    harmless(store),
    harmless(vary.join(', ')),
  ])
  process.stdout.write(table(titles, rows, ['STATUS', 'SIZE', 'AGE', 'FRESH FOR']))
  if (isCut) process.stderr.write(`sallyport: the first ${limit} that were found; --limit 0 shows all\n`)
}

/** 0 is no limit. */
function readLimit(text: string): number {
  if (/^\d{1,8}$/.test(text)) return Number(text)
  throw new OptionError('--limit', text, 'give a whole number; 0 is no limit')
}
