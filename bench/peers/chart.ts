export interface Bar {
  readonly label: string
  readonly value: number
  /** Drawn in the stronger colour. */
  readonly ours: boolean
}

const ROW = 28
const LEFT = 230
const WIDTH = 760

/** A horizontal bar chart as a self-contained SVG, readable on a light and on a dark page. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const longest = Math.max(1, ...bars.map(({ value }) => value))
  const height = 52 + bars.length * ROW
  const rows = bars.map(({ label, value, ours }, index) => {
    const y = 44 + index * ROW
    const length = ((WIDTH - LEFT - 80) * value) / longest
    return `  <text x="${LEFT - 10}" y="${y + 14}" text-anchor="end"${ours ? ' font-weight="bold"' : ''}>${escaped(label)}</text>
  <rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="18" rx="2" fill="${ours ? '#0f766e' : '#94a3b8'}"/>
  <text x="${(LEFT + length + 8).toFixed(1)}" y="${y + 14}">${value.toFixed(value < 100 ? 1 : 0)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="#1e293b">
  <title>${escaped(title)}</title>
  <rect width="${WIDTH}" height="${height}" rx="6" fill="#ffffff"/>
  <text x="16" y="26" font-size="15" font-weight="bold">${escaped(title)}</text>
${rows.join('\n')}
</svg>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
