import { knownFailures } from './known-failures.ts'
import { proxySettings } from './proxy.ts'
import { publishedResults } from './published.ts'
import {
  allGroups,
  coreGroups,
  type Kind,
  kindOf,
  type SuiteGroup,
  type SuiteResults,
  surrogateGroup,
} from './suite.ts'
import { countPassed, testsOf, type Verdict, verdictOf } from './verdict.ts'

/** Where the page lies. */
export const reportPage = new URL('../../../docs/cache-conformance.md', import.meta.url)

/** The text of docs/cache-conformance.md. The same results give the same text. */
export function report(ours: SuiteResults): string {
  const columns: readonly Column[] = [{ name: 'sallyport', results: ours }, ...publishedResults]
  return [intro(columns), ...allGroups.flatMap((group) => checks(group, columns)), failures(ours), ''].join('\n')
}

interface Column {
  readonly name: string
  readonly version?: string
  readonly results: SuiteResults
}

function intro(columns: readonly Column[]): string {
  const names = columns.map(({ name, version }) => (version === undefined ? name : `${name} ${version}`))
  const total = (title: string, groups: readonly SuiteGroup[], kind: Kind) =>
    row([
      `${title}, of ${testsOf(groups, kind).length}`,
      ...columns.map(({ results }) => String(countPassed(groups, kind, results))),
    ])
  return [
    '# Cache conformance',
    '',
    'What [http-cache-tests](https://cache-tests.fyi) says of the whole proxy: Fastify, the plugins of the suite and the cache,',
    "between the suite's own client and its own origin, over real sockets. Beside it, what the authors of the suite published",
    'of others; the results are those that the package brings along, judged by the same code. A test passes when those that',
    'it depends on pass too. The Surrogate-Control tests are about a note of the W3C, and are counted apart.',
    '',
    'Run it: `npm run conformance:cache` writes this page; `npm test` runs the same tests, and fails when the page is not what',
    'came of them.',
    '',
    ...proxySettings.map((line) => `- ${line}`),
    '',
    row(['Passed', ...names]),
    row(['---', ...names.map(() => ':-:')]),
    total('Required', coreGroups, 'required'),
    row([
      'Required, whatever they depend on',
      ...columns.map(({ results }) =>
        String(testsOf(coreGroups, 'required').filter(({ id }) => results[id] === true).length),
      ),
    ]),
    total('Optimal', coreGroups, 'optimal'),
    total('Surrogate-Control, required', [surrogateGroup], 'required'),
    total('Surrogate-Control, optimal', [surrogateGroup], 'optimal'),
    '',
    '## How it behaves',
    '',
    'Questions without a right answer. Y is yes, N is no, – says that a test which this one builds on did not pass, or that',
    'nobody asked.',
    '',
  ].join('\n')
}

function checks(group: SuiteGroup, columns: readonly Column[]): string[] {
  const questions = group.tests.filter((test) => kindOf(test) === 'check')
  if (questions.length === 0) return []
  return [
    `### ${group.name}`,
    '',
    row(['Question', 'Test', ...columns.map(({ name }) => name)]),
    row(['---', '---', ...columns.map(() => ':-:')]),
    ...questions.map((test) =>
      row([oneLine(test.name), `\`${test.id}\``, ...columns.map(({ results }) => mark(verdictOf(test, results)))]),
    ),
    '',
  ]
}

function failures(ours: SuiteResults): string {
  const failed = allGroups
    .flatMap(({ tests }) => tests)
    .filter((test) => kindOf(test) !== 'check' && verdictOf(test, ours) !== 'pass')
  const reasons = new Map<string, string[]>()
  for (const { id } of failed) {
    const reason = knownFailures[id] ?? 'Without a reason.'
    reasons.set(reason, [...(reasons.get(reason) ?? []), `- \`${id}\``])
  }
  return [
    '## Where it fails, and why',
    '',
    'Each of these tests passes once it is put right: `test/conformance/cache/corrected.test.ts` runs them so, with the same',
    'client and origin.',
    '',
    ...(failed.length === 0 ? ['Nowhere.'] : []),
    ...[...reasons].flatMap(([reason, ids], index) => [...(index === 0 ? [] : ['']), ...ids, '', reason]),
  ].join('\n')
}

function mark(verdict: Verdict): string {
  if (verdict === 'yes') return 'Y'
  return verdict === 'no' ? 'N' : '–'
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
