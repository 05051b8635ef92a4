import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { themes } from './cases/all.ts'
import { elsewhere } from './cases/elsewhere.ts'
import { knownFailures } from './cases/known-failures.ts'
import type { Outcome } from './peers.ts'

type Results = ReadonlyMap<string, ReadonlyMap<string, Outcome>>

const page = new URL('../../docs/conformance.md', import.meta.url)

/** Writes docs/conformance.md from what became of every case with every proxy. */
export function writeReport(results: Results): void {
  const names = [...results.keys()]
  const sections = Object.entries(themes).map(([theme, cases]) =>
    [
      `## ${theme}`,
      '',
      row(['The promise', 'Source', ...names]),
      row(['---', '---', ...names.map(() => ':-:')]),
      ...cases.map(({ id, title, source }) =>
        row([title, source, ...names.map((name) => mark(results.get(name)?.get(id)))]),
      ),
      '',
    ].join('\n'),
  )
  writeFileSync(page, [intro(results), ...sections, failures(results), ''].join('\n'))
}

function intro(results: Results): string {
  const names = [...results.keys()]
  const count = (kept: boolean | undefined) =>
    names.map((name) =>
      String([...(results.get(name)?.values() ?? [])].filter((outcome) => outcome.kept === kept).length),
    )
  const crashed = names.map((name) =>
    String([...(results.get(name)?.values() ?? [])].filter(({ reason }) => reason.startsWith('crashed')).length),
  )
  return [
    '# Conformance',
    '',
    'The same cases, over real sockets, against sallyport and the proxies that people use with Node today. Each case is one',
    'promise; what is right comes from an RFC, an advisory, or a complaint that users filed, never from what sallyport does.',
    'Where the RFC allows several outcomes, all of them are right.',
    '',
    '✔ the promise was kept, ✘ it was not, – the proxy has nothing that the promise is about. `A10`, `B73`, `F148`, `G165`',
    'number the acceptance list (HTTP/1, HTTP/2, faults of origins, faults of clients), `complaint 5` the list of complaints;',
    'the issue or advisory is named beside it. Each proxy is set up as its README says for production, in a process of its',
    'own; a case that ended the process counts as not kept.',
    '',
    'Run it: `npm run conformance:peers` writes this page. One case: `npm run conformance:peers -- --only early-hints`, one',
    'proxy: `-- --proxy httpxy`. The cases are in `test/conformance/cases`; `npm test` runs them against sallyport.',
    '',
    `Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.`,
    '',
    row(['', ...names.map((name) => `${name} ${version(name)}`)]),
    row(['---', ...names.map(() => ':-:')]),
    row(['kept ✔', ...count(true)]),
    row(['not kept ✘', ...count(false)]),
    row(['of these, process ended', ...crashed]),
    row(['not applicable –', ...count(undefined)]),
    '',
  ].join('\n')
}

function failures(results: Results): string {
  const name = [...results.keys()][0] ?? ''
  const titles = new Map(
    Object.values(themes)
      .flat()
      .map(({ id, title }) => [id, title]),
  )
  const failed = [...(results.get(name) ?? [])].filter(([, { kept }]) => kept === false)
  const lines = failed.map(
    ([id, { reason }]) => `- ${titles.get(id)} (\`${id}\`): ${knownFailures[id] ?? firstLine(reason)}`,
  )
  const others = Object.entries(elsewhere).map(([line, reason]) => `- ${line}: ${reason}`)
  return [
    `## Where ${name} does not keep the promise`,
    '',
    ...(lines.length === 0 ? ['Nowhere in this run.'] : lines),
    '',
    '## Lines without a case here',
    '',
    ...others,
  ].join('\n')
}

function mark(outcome: Outcome | undefined): string {
  if (outcome === undefined || outcome.kept === undefined) return '–'
  return outcome.kept ? '✔' : '✘'
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function firstLine(reason: string): string {
  return (reason.split('\n')[0] ?? '').replace(/127\.0\.0\.1:\d+/g, '127.0.0.1').replace(/[<>`]/g, "'")
}

function version(name: string): string {
  const folder = name === 'sallyport' ? '../..' : `../../node_modules/${name}`
  const path = createRequire(import.meta.url).resolve(`${folder}/package.json`)
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
