import type { Row } from './results.ts'

/** Columns of a result table, the same in the terminal and in the document. */
const columns = [
  'Proxy',
  'CPU µs a request',
  'to bare',
  'to @fastify/http-proxy',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'RSS MB',
  'CPU min to max',
] as const

/** Cells of a row; `!` marks one whose rounds had errors. */
export function cells(row: Row, label: string): string[] {
  const [low, high] = row.spread
  return [
    row.errors.length === 0 ? label : `${label} !`,
    micros(row.cpuMicros),
    row.toBare?.toFixed(2) ?? 'n.a.',
    row.toFastifyHttpProxy?.toFixed(2) ?? 'n.a.',
    Math.round(row.requestsPerSecond).toLocaleString('en'),
    row.p50.toFixed(2),
    row.p99.toFixed(2),
    (row.rssBytes / 2 ** 20).toFixed(0),
    `${micros(low)} to ${micros(high)}`,
  ]
}

/** For the terminal: names to the left, numbers to the right. */
export function plainTable(rows: readonly string[][]): string {
  const all = [[...columns], ...rows]
  const widths = columns.map((_, index) => Math.max(...all.map((row) => row[index]!.length)))
  return all
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
    .join('\n')
}

export function markdownTable(rows: readonly string[][]): string {
  const rule = columns.map((_, index) => (index === 0 ? '---' : '---:'))
  return [[...columns], rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function micros(value: number): string {
  return value < 1000 ? value.toFixed(value < 100 ? 1 : 0) : Math.round(value).toLocaleString('en')
}
