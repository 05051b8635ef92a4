import { type OverloadRow, type Results, rivals, sizes } from './runs.ts'
import type { SlowServerRow } from './slow-server.ts'

/** The first row is the head. */
export type Table = readonly (readonly string[])[]

export function plainTable(table: Table): string {
  const widths = (table[0] as readonly string[]).map((_, i) =>
    Math.max(...table.map((row) => (row[i] as string).length)),
  )
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join('  ')
  return table.map(line).join('\n')
}

export function markdownTable([head, ...rows]: Table): string {
  const rule = (head as readonly string[]).map((_, i) => (i === 0 ? '---' : '---:'))
  return [head as readonly string[], rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** Percent in time: the mean of the seeds. */
export function slowServerTable({ slowServer }: Results): Table {
  const cell = (policy: string, outlier: boolean, givesUp: boolean): string => {
    const row = slowServer.find((one) => one.policy === policy && one.outlier === outlier && one.givesUp === givesUp)
    return row === undefined ? '' : meanOf(row).toFixed(2)
  }
  return [
    ['policy', 'published reading', 'and outliers ejected', 'given up after 1 s', 'and outliers ejected'],
    ...rivals.map((policy) => [
      policy,
      cell(policy, false, false),
      cell(policy, true, false),
      cell(policy, false, true),
      cell(policy, true, true),
    ]),
  ]
}

export function meanOf({ success }: SlowServerRow): number {
  return success.reduce((sum, share) => sum + share, 0) / success.length
}

/** p50 / p99 / p99.9 in milliseconds, and the share that failed where any did. */
export function overloadTable(rows: readonly OverloadRow[]): Table {
  const loads = [...new Set(rows.map(({ load }) => load))]
  const cell = (load: number, policy: string): string => {
    const { p50, p99, p999, failed } = rows.find((row) => row.load === load && row.policy === policy) as OverloadRow
    const latencies = [p50, p99, p999].map((ms) => ms.toFixed(0)).join(' / ')
    if (failed === 0) return latencies
    return `${latencies}, ${failed < 0.1 ? 'below 0.1' : failed.toFixed(1)} % failed`
  }
  return [['load', ...rivals], ...loads.map((load) => [load.toFixed(2), ...rivals.map((policy) => cell(load, policy))])]
}

export function churnTable({ churn }: Results): Table {
  return [
    [
      'policy',
      'upstreams',
      'that leave',
      'keys that must move %',
      'keys that move beside %',
      'not back after their return %',
    ],
    ...churn.map(({ policy, upstreams, removed, owned, extra, lost }) => [
      policy,
      upstreams.toLocaleString('en'),
      String(removed),
      owned.toFixed(2),
      extra.toFixed(2),
      lost.toFixed(2),
    ]),
  ]
}

/** Nanoseconds: the policy alone / the whole of pick, answer and release. */
export function pickTable({ picks }: Results): Table {
  const policies = [...new Set(picks.map(({ policy }) => policy))]
  return [
    ['policy', ...sizes.map((size) => `${size.toLocaleString('en')} upstreams`)],
    ...policies.map((policy) => [
      policy,
      ...sizes.map((size) => {
        const cost = picks.find((one) => one.policy === policy && one.upstreams === size)
        return cost === undefined ? '' : `${nanos(cost.policyOnly)} / ${nanos(cost.whole)}`
      }),
    ]),
  ]
}

function nanos(value: number): string {
  return Math.round(value).toLocaleString('en')
}
