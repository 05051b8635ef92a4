import { strict as assert } from 'node:assert'
import { existsSync, readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import { knownFailures } from './cache/known-failures.ts'
import { report, reportPage } from './cache/report.ts'
import { runSuite } from './cache/run.ts'
import { allGroups, coreGroups, kindOf, type SuiteResults } from './cache/suite.ts'
import { testsOf, verdictOf } from './cache/verdict.ts'

let results: SuiteResults = {}
before(async () => {
  results = await runSuite(allGroups)
})

for (const group of allGroups) {
  describe(group.name, () => {
    for (const one of group.tests) {
      if (kindOf(one) === 'check') continue
      test(`[${one.id}, ${kindOf(one)}] ${one.name}`, () => {
        const verdict = verdictOf(one, results)
        const said = `${verdict}: ${JSON.stringify(results[one.id])}`

        if (knownFailures[one.id] === undefined) assert.equal(verdict, 'pass', said)
        else assert.notEqual(verdict, 'pass', 'passes after all: take it off the list of known failures')
      })
    }
  })
}

test('every test of the suite has run', () => {
  const ids = allGroups.flatMap(({ tests }) => tests.map(({ id }) => id))

  assert.deepEqual(Object.keys(results).sort(), ids.sort())
  assert.equal(testsOf(coreGroups, 'required').length, 157)
  assert.equal(testsOf(coreGroups, 'optimal').length, 86)
})

test('every known failure is a required or an optimal test', () => {
  const judged = [...testsOf(allGroups, 'required'), ...testsOf(allGroups, 'optimal')].map(({ id }) => id)

  assert.deepEqual(
    Object.keys(knownFailures).filter((id) => !judged.includes(id)),
    [],
  )
})

test('docs/cache-conformance.md says what came of this run; npm run conformance:cache writes it', () => {
  const written = existsSync(reportPage) ? readFileSync(reportPage, 'utf8') : ''

  assert.equal(written, report(results))
})
