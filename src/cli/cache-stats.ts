import type { HttpCache } from '../../plugins/cache/index.ts'
import { type ControlFlags, connectControl } from './cache-control.ts'
import { bytes, counted, harmless, percent } from './readable.ts'

export interface StatsFlags extends ControlFlags {
  readonly json?: true
}

type Stats = ReturnType<HttpCache['stats']>

/** `sallyport cache stats`. */
export async function cacheStats(flags: StatsFlags): Promise<void> {
  const control = await connectControl(flags, process.env)
  const stats = (await control.get('/stats')) as Stats
  process.stdout.write(flags.json === true ? `${JSON.stringify(stats, undefined, 2)}\n` : readable(stats))
}

function readable({ requests, store }: Stats): string {
  const { hits, misses, hitBytes, missBytes, collapsed, validations } = requests
  const rows: readonly (readonly [string, string])[] = [
    [
      'hit ratio',
      `${percent(hits, hits + misses)} of requests (${hits.toLocaleString('en')} of ${(hits + misses).toLocaleString('en')})`,
    ],
    ['by bytes', `${percent(hitBytes, hitBytes + missBytes)} (${bytes(hitBytes)} of ${bytes(hitBytes + missBytes)})`],
    ['waited for another', counted(collapsed, 'request', 'requests')],
    ['validated', counted(validations, 'time', 'times')],
    ['stored', `${counted(store.entries, 'entry', 'entries')} in ${harmless(store.name)}`],
    ['takes', `${bytes(store.bytes)} of ${bytes(store.maxBytes)} (${percent(store.bytes, store.maxBytes)})`],
    ['evicted', counted(store.evictions, 'entry', 'entries')],
    ['faults of the store', store.errors.toLocaleString('en')],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('')
}
