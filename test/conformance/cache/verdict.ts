import { determineTestResult } from 'http-cache-tests/lib/display.mjs'
import { allGroups, type Kind, kindOf, type SuiteGroup, type SuiteResults, type SuiteTest } from './suite.ts'

/**
 * What a result means. `setup`: it broke before what it is about; `retry`: the proxy asked twice; `dependency`: a test that
 * it builds on did not pass; `yes` and `no`: a check has no right answer.
 */
export type Verdict = 'pass' | 'fail' | 'yes' | 'no' | 'setup' | 'retry' | 'dependency' | 'untested'

/** The suite's own judgement, named by its symbols for a terminal. */
const bySymbol: Readonly<Record<string, Verdict>> = {
  '-': 'untested',
  '✅': 'pass',
  '⛔️': 'fail',
  '⚠️': 'fail',
  '⁉️': 'fail',
  Y: 'yes',
  N: 'no',
  '🔹': 'setup',
  '⚪️': 'dependency',
  '↻': 'retry',
}

/** What became of a test, as the suite itself judges. */
export function verdictOf(test: SuiteTest, results: SuiteResults): Verdict {
  const [, , symbol] = determineTestResult(allGroups, test.id, results)
  const verdict = bySymbol[symbol]
  if (verdict === undefined) throw new Error(`http-cache-tests judges '${test.id}' with an unknown symbol: ${symbol}`)
  return verdict
}

/** How many tests of a kind passed. */
export function countPassed(groups: readonly SuiteGroup[], kind: Kind, results: SuiteResults): number {
  return testsOf(groups, kind).filter((test) => verdictOf(test, results) === 'pass').length
}

export function testsOf(groups: readonly SuiteGroup[], kind: Kind): SuiteTest[] {
  return groups.flatMap(({ tests }) => tests.filter((test) => kindOf(test) === kind))
}
