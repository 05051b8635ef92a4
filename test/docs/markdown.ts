import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { root } from '../support/imports.ts'

export interface CodeBlock {
  /** `ts`, `sh`, ... */
  readonly language: string
  readonly code: string
  /** Where it is: `README.md:12`. */
  readonly at: string
  /** From `<!-- test: skip REASON -->` on the line before it. */
  readonly skip: string | undefined
}

export interface Page {
  /** From the root: `docs/options.md`. */
  readonly path: string
  readonly text: string
}

/** Every page that a reader of the repository may open. */
export function pages(): Page[] {
  const below = ['docs', 'plugins'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/')),
  )
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...below.sort()].map((path) => ({
    path,
    text: readFileSync(join(root, path), 'utf8'),
  }))
}

/** The fenced blocks of a page. */
export function codeBlocks({ path, text }: Page): CodeBlock[] {
  const fence = /(?:<!-- test: skip ([^\n]+?) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm
  return [...text.matchAll(fence)].map((match) => ({
    language: match[2] as string,
    code: match[3] as string,
    skip: match[1],
    at: `${path}:${text.slice(0, match.index).split('\n').length}`,
  }))
}

/** Where the links and images of a page point to, code apart. */
export function links({ text }: Page): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)].map(([, target]) => target as string)
}

/** The names that a link may point to with `#`, as GitHub makes them of headings. */
export function anchors(text: string): Set<string> {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '')
  return new Set(
    [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) =>
      (heading as string)
        .toLowerCase()
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replace(/ /g, '-'),
    ),
  )
}
