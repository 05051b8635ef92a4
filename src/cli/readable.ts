const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `256 MiB`. */
export function bytes(count: number): string {
  let unit = 0
  let shown = count
  while (shown >= 1024 && unit < units.length - 1) {
    shown /= 1024
    unit++
  }
  return `${unit === 0 || shown >= 100 || Number.isInteger(shown) ? Math.round(shown) : shown.toFixed(1)} ${units[unit]}`
}

/** `45 s`, `3 min`, `5 h`, `12 d`; a minus before what is below 0. */
export function seconds(count: number): string {
  if (count < 0) return `-${seconds(-count)}`
  if (count < 120) return `${Math.round(count)} s`
  if (count < 120 * 60) return `${Math.round(count / 60)} min`
  if (count < 48 * 3600) return `${Math.round(count / 3600)} h`
  return `${Math.round(count / 86_400)} d`
}

/** `83.3 %` of a whole; `-` of nothing. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`
}

/** `1 entry`, `2 entries`, `12,000 entries`. */
export function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

/** Columns under their titles, as wide as what they hold; `right` are the titles of those that hold numbers. */
export function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[],
): string {
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const width = widths[i] as number
        return right.includes(titles[i] as string) ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return `${[titles, ...rows].map(line).join('\n')}\n`
}

/** What came over the network is shown without what would act on a terminal. */
export function harmless(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, '?')
}
