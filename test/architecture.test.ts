import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { importsOf, root, type SourceFile, sourceFiles } from './support/imports.ts'

const src = sourceFiles('src')
const plugins = sourceFiles('plugins')

/** `src/http/via.ts` lies in `src/http`. */
const folderOf = (path: string): string => path.split('/').slice(0, 2).join('/')
const isOurs = (name: string): boolean => name.startsWith('src/') || name.startsWith('plugins/')

/** Imports of `files` that `allowed` does not allow, as `from -> to`. */
function offences(files: readonly SourceFile[], allowed: (file: SourceFile, to: string) => boolean): string[] {
  return files.flatMap((file) => file.imports.filter((to) => !allowed(file, to)).map((to) => `${file.path} -> ${to}`))
}

test('the reader of imports sees every kind of import statement', () => {
  const text = [
    "import a from './a.ts'",
    "import {\n  type B,\n  c,\n} from '../http/b.ts'",
    "export * from './d.ts'",
    "export type { E } from 'fastify'",
    "import 'node:net'",
    "const f = await import('./f.ts')",
    "/* import g from './g.ts' */",
  ].join('\n')

  assert.deepEqual(importsOf('src/net/x.ts', text).sort(), [
    'fastify',
    'node:net',
    'src/http/b.ts',
    'src/net/a.ts',
    'src/net/d.ts',
    'src/net/f.ts',
  ])
})

test('the engines know nothing of Fastify or of plugins; the command line alone may', () => {
  const engines = src.filter(({ path }) => !path.startsWith('src/cli/'))

  const found = offences(engines, (_, to) => !/^(@fastify\/|fastify)/.test(to) && !to.startsWith('plugins/'))

  assert.deepEqual(found, [])
})

test('the contract imports nothing of ours', () => {
  const found = offences(
    src.filter(({ path }) => path.startsWith('src/contract/')),
    (_, to) => !isOurs(to) || to.startsWith('src/contract/'),
  )

  assert.deepEqual(found, [])
})

test('src/http and src/net import only the contract and themselves', () => {
  const found = offences(
    src.filter(({ path }) => path.startsWith('src/http/') || path.startsWith('src/net/')),
    (file, to) => !isOurs(to) || to.startsWith('src/contract/') || folderOf(to) === folderOf(file.path),
  )

  assert.deepEqual(found, [])
})

test('an engine imports the contract, http, net and itself, never a sibling', () => {
  const open = ['src/contract', 'src/http', 'src/net']
  // The forward proxy dials what a client or an option names, so it takes from the upstream side how a connection is made,
  // what its failures are called, and how the head of an answer to CONNECT is gathered.
  const siblings: Readonly<Record<string, string>> = { 'src/forward-proxy': 'src/upstream' }

  const found = offences(
    src.filter(({ path }) => !path.startsWith('src/cli/')),
    (file, to) =>
      !isOurs(to) ||
      open.includes(folderOf(to)) ||
      folderOf(to) === folderOf(file.path) ||
      folderOf(to) === siblings[folderOf(file.path)],
  )

  assert.deepEqual(found, [])
})

test('a plugin imports engines, its own folder and the kernel, never another plugin; the suite may', () => {
  const found = offences(
    plugins.filter(({ path }) => !path.startsWith('plugins/suite/')),
    (file, to) =>
      !isOurs(to) ||
      (to.startsWith('src/') && !to.startsWith('src/cli/')) ||
      folderOf(to) === 'plugins/kernel' ||
      folderOf(to) === folderOf(file.path),
  )

  assert.deepEqual(found, [])
})

test('the kernel imports no plugin', () => {
  const found = offences(
    plugins.filter(({ path }) => path.startsWith('plugins/kernel/')),
    (_, to) => !to.startsWith('plugins/') || to.startsWith('plugins/kernel/'),
  )

  assert.deepEqual(found, [])
})

test('our own files are imported with their .ts ending, and every import exists', () => {
  const all = [...src, ...plugins, ...sourceFiles('examples')]

  const found = offences(all, (_, to) => !isOurs(to) || (to.endsWith('.ts') && existsSync(join(root, to))))

  assert.deepEqual(found, [])
})

test('every plugin folder has an index and a README', () => {
  const missing = readdirSync(join(root, 'plugins')).flatMap((folder) =>
    ['index.ts', 'README.md']
      .map((file) => `plugins/${folder}/${file}`)
      .filter((file) => !existsSync(join(root, file))),
  )

  assert.deepEqual(missing, [])
})

test('every plugin is wrapped by fastify-plugin with a name and a Fastify range', () => {
  const loose = plugins
    .filter(({ path }) => /^plugins\/[^/]+\/index\.ts$/.test(path))
    .filter(
      ({ text, imports }) => !imports.includes('fastify-plugin') || !/name: '/.test(text) || !/fastify: '/.test(text),
    )

  assert.deepEqual(
    loose.map(({ path }) => path),
    [],
  )
})

test('time is handed in: no engine and no plugin reaches for a clock or a timer of its own', () => {
  const reach = /\b(?:Date\.now|performance\.now|setTimeout|setInterval|new Date\(\))/
  const exempt = (path: string): boolean => path === 'src/contract/clock.ts' || path.startsWith('src/cli/')

  const found = [...src, ...plugins]
    .filter(({ path }) => !exempt(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .map((line, index) => ({ line: line.replace(/\/\/.*|^\s*\*.*/, ''), at: `${path}:${index + 1}` }))
        // A method of that name on a stream or socket is no timer of the process: `socket.setTimeout(...)`.
        .filter(({ line }) => reach.test(line.replace(/\.setTimeout\(/g, '.')))
        .map(({ at, line }) => `${at} ${line.trim()}`),
    )

  assert.deepEqual(found, [])
})

test('no module is imported in a circle, types apart', () => {
  const graph = new Map([...src, ...plugins].map((file) => [file.path, file.runtimeImports.filter(isOurs)]))
  const done = new Set<string>()
  const circles: string[] = []

  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
    else if (!done.has(path)) {
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
      done.add(path)
    }
  }
  for (const path of graph.keys()) visit(path, [])

  assert.deepEqual(circles, [])
})

test('files stay short enough to be read at once', (t) => {
  const lengths = [...src, ...plugins]
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .sort((a, b) => a.lines - b.lines)
  const long = lengths.filter(({ lines }) => lines > 250)

  const median = lengths[lengths.length >> 1]?.lines ?? 0
  const longest = lengths.at(-1)
  t.diagnostic(`${lengths.length} files, median ${median} lines, longest ${longest?.path} with ${longest?.lines}`)
  for (const { path, lines } of long) t.diagnostic(`${path} has ${lines} lines`)

  assert.ok(median <= 150, `half of the files have more than ${median} lines`)
})
