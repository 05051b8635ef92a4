import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface SourceFile {
  /** From the root, with `/`: `src/http/via.ts`. */
  readonly path: string
  readonly text: string
  /** What it imports: a path from the root for our own files, else the bare name (`fastify`, `node:net`). */
  readonly imports: readonly string[]
  /** Those that are there when the code runs: `import type` is erased. */
  readonly runtimeImports: readonly string[]
}

/** Every `.ts` file below a folder, its imports read. */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return { path, text, imports: importsOf(path, text), runtimeImports: importsOf(path, withoutTypes(text)) }
    })
}

const statements = [
  /^\s*(?:import|export)\b[^'"`;()]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
]

export function importsOf(path: string, text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '')
  return statements.flatMap((statement) =>
    [...code.matchAll(statement)].map(([, name]) => {
      const given = name as string
      return given.startsWith('.') ? posix.join(posix.dirname(path), given) : given
    }),
  )
}

const withoutTypes = (text: string): string =>
  text.replace(/^\s*(?:import|export) type\b[^'"`;()]*?\bfrom\s*['"][^'"]+['"]/gm, '')
