import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const page = new URL('../../docs/cache-memory.md', import.meta.url)

/** Parts of the page, in their order, each written by a program of its own. */
const parts = ['hit-ratio', 'store-cost'] as const

const head = `# The memory store, measured

Written by \`node bench/cache/hit-ratio.ts --write\` and \`node bench/cache/store-cost.ts --write\`; do not edit by hand.
`

/** Puts one part into docs/cache-memory.md and leaves the others as they are. */
export function writePart(part: (typeof parts)[number], text: string): void {
  const before = existsSync(page) ? readFileSync(page, 'utf8') : ''
  const body = parts.map((name) => {
    const [opens, closes] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
    const kept = before.includes(opens)
      ? before.slice(before.indexOf(opens) + opens.length, before.indexOf(closes))
      : '\n'
    return `${opens}${name === part ? `\n${text.trim()}\n` : kept}${closes}\n`
  })
  writeFileSync(page, [head, ...body].join('\n'))
}
