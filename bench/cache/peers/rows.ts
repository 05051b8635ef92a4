import { median } from '../../peers/results.ts'
import { cacheContenders } from './contenders.ts'
import type { CacheMeasurement, CacheSample } from './measure.ts'

/** A cache's medians over the rounds of one scenario. */
export interface CacheRow {
  readonly contender: string
  readonly label: string
  /** What it answers, and whether the origin is asked. */
  readonly answer: string
  readonly cpuMicros: number
  /** CPU a request divided by that of the proxy on undici's cache in the same round; median of the rounds. */
  readonly toUndici: number | undefined
  readonly toSquid: number | undefined
  readonly requestsPerSecond: number
  readonly p99: number
  readonly rssBytes: number
  /** Lowest and highest CPU a request of the rounds. */
  readonly spread: readonly [number, number]
  readonly errors: readonly string[]
}

/** Rows of one scenario, cheapest first. */
export function rowsOf({ samples, answers }: CacheMeasurement, scenario: string): CacheRow[] {
  const byContender = Map.groupBy(
    samples.filter((sample) => sample.scenario === scenario),
    (sample) => sample.contender,
  )
  return [...byContender]
    .map(([contender, all]): CacheRow => {
      const own = all.filter(({ requestsPerSecond }) => requestsPerSecond > 0)
      return {
        contender,
        label: cacheContenders.find(({ id }) => id === contender)?.label ?? contender,
        answer: answers.get(`${scenario} ${contender}`) ?? '',
        cpuMicros: median(own.map((s) => s.cpuMicros)),
        toUndici: ratio(own, byContender.get('undici')),
        toSquid: ratio(own, byContender.get('squid')),
        requestsPerSecond: median(own.map((s) => s.requestsPerSecond)),
        p99: median(own.map((s) => s.p99)),
        rssBytes: median(own.map((s) => s.rssBytes)),
        spread: [Math.min(...own.map((s) => s.cpuMicros)), Math.max(...own.map((s) => s.cpuMicros))],
        errors: all.flatMap(({ round, errors }) => errors.map((error) => `round ${round + 1}: ${error}`)),
      }
    })
    .sort((a, b) => a.cpuMicros - b.cpuMicros)
}

const columns = [
  'Cache',
  'CPU µs a request',
  'to undici',
  'to Squid',
  'requests/s',
  'p99 ms',
  'RSS MB',
  'CPU min to max',
  'Answer',
] as const

/** For the terminal: words to the left, numbers to the right. */
export function plainTable(rows: readonly CacheRow[]): string {
  const all = [[...columns], ...rows.map(cells)]
  const widths = columns.map((_, index) => Math.max(...all.map((row) => row[index]!.length)))
  const isText = (column: number) => column === 0 || column === columns.length - 1
  return all
    .map((row) => row.map((cell, i) => (isText(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}

export function markdownTable(rows: readonly CacheRow[]): string {
  const rule = columns.map((_, index) => (index === 0 || index === columns.length - 1 ? '---' : '---:'))
  return [[...columns], rule, ...rows.map(cells)].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** Cells of a row; `!` marks one whose rounds had errors. */
function cells(row: CacheRow): string[] {
  const [low, high] = row.spread
  return [
    row.errors.length === 0 ? row.label : `${row.label} !`,
    row.cpuMicros.toFixed(1),
    row.toUndici?.toFixed(2) ?? 'n.a.',
    row.toSquid?.toFixed(2) ?? 'n.a.',
    Math.round(row.requestsPerSecond).toLocaleString('en'),
    row.p99.toFixed(2),
    (row.rssBytes / 2 ** 20).toFixed(0),
    `${low.toFixed(1)} to ${high.toFixed(1)}`,
    row.answer,
  ]
}

/** Of rounds, not of medians: two neighbours in time shared the same machine. */
function ratio(own: readonly CacheSample[], base: readonly CacheSample[] | undefined): number | undefined {
  const ratios = own.flatMap((sample) => {
    const beside = base?.find(({ round, requestsPerSecond }) => round === sample.round && requestsPerSecond > 0)
    return beside === undefined ? [] : [sample.cpuMicros / beside.cpuMicros]
  })
  return ratios.length === 0 ? undefined : median(ratios)
}
