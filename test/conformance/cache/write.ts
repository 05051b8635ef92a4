import { writeFileSync } from 'node:fs'
import { report, reportPage } from './report.ts'
import { runSuite } from './run.ts'
import { allGroups, kindOf } from './suite.ts'
import { verdictOf } from './verdict.ts'

// npm run conformance:cache
const results = await runSuite(allGroups)
for (const test of allGroups.flatMap(({ tests }) => tests)) {
  const verdict = verdictOf(test, results)
  if (kindOf(test) === 'check' || verdict === 'pass') continue
  console.log(`${kindOf(test)} ${test.id}: ${verdict}, ${JSON.stringify(results[test.id])}`)
}
writeFileSync(reportPage, report(results))
console.log('docs/cache-conformance.md')
