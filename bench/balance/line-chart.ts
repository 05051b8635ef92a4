export interface Line {
  readonly label: string
  /** One for each place of the x axis. */
  readonly values: readonly number[]
  /** Drawn in the stronger colour. */
  readonly ours: boolean
}

const WIDTH = 760
const HEIGHT = 400
const LEFT = 70
const RIGHT = 160
const TOP = 56
const BOTTOM = 60
const colours = ['#94a3b8', '#c2410c', '#1d4ed8', '#7c3aed']

/** Lines over a logarithmic y axis as a self-contained SVG, readable on a light and on a dark page. */
export function lineChart(title: string, xTitle: string, xs: readonly string[], lines: readonly Line[]): string {
  const all = lines.flatMap(({ values }) => values)
  const low = 10 ** Math.floor(Math.log10(Math.min(...all)))
  const high = 10 ** Math.ceil(Math.log10(Math.max(...all)))
  const bottom = HEIGHT - BOTTOM
  const x = (i: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * i) / (xs.length - 1)
  const y = (value: number): number => bottom - ((bottom - TOP) * Math.log(value / low)) / Math.log(high / low)
  const at = (value: number): string => value.toFixed(1)

  const grid: string[] = []
  for (let value = low; value <= high; value *= 10) {
    grid.push(`  <line x1="${LEFT}" y1="${at(y(value))}" x2="${WIDTH - RIGHT}" y2="${at(y(value))}" stroke="#e2e8f0"/>
  <text x="${LEFT - 8}" y="${at(y(value) + 4)}" text-anchor="end">${value.toLocaleString('en')}</text>`)
  }
  const steps = xs.map((text, i) => `  <text x="${at(x(i))}" y="${bottom + 20}" text-anchor="middle">${text}</text>`)
  const ends = spread(lines.map(({ values }) => y(values.at(-1) as number)))
  const drawn = lines.map(({ label, values, ours }, i) => {
    const colour = ours ? '#0f766e' : (colours[i % colours.length] as string)
    const points = values.map((value, j) => `${at(x(j))},${at(y(value))}`).join(' ')
    return `  <polyline points="${points}" fill="none" stroke="${colour}" stroke-width="${ours ? 3 : 2}"/>
  <text x="${WIDTH - RIGHT + 10}" y="${at((ends[i] as number) + 4)}" fill="${colour}"${ours ? ' font-weight="bold"' : ''}>${label}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="#1e293b">
  <title>${title}</title>
  <rect width="${WIDTH}" height="${HEIGHT}" rx="6" fill="#ffffff"/>
  <text x="16" y="26" font-size="15" font-weight="bold">${title}</text>
${[...grid, ...steps].join('\n')}
  <text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${xTitle}</text>
${drawn.join('\n')}
</svg>
`
}

/** Moves labels apart that would lie on one another. */
function spread(places: readonly number[]): number[] {
  const order = places.map((_, i) => i).sort((a, b) => (places[a] as number) - (places[b] as number))
  const moved = [...places]
  for (let i = 1; i < order.length; i++) {
    const above = moved[order[i - 1] as number] as number
    const here = order[i] as number
    moved[here] = Math.max(moved[here] as number, above + 16)
  }
  return moved
}
