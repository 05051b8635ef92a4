import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { themes } from './cases/all.ts'
import { elsewhere } from './cases/elsewhere.ts'
import { knownFailures } from './cases/known-failures.ts'
import { NotApplicable } from './harness/case.ts'
import { runCase } from './harness/context.ts'
import { sallyport } from './proxies/sallyport.ts'

for (const [theme, cases] of Object.entries(themes)) {
  describe(theme, () => {
    for (const one of cases) {
      test(`[${one.source}] ${one.title}`, async (t) => {
        const isKnown = knownFailures[one.id] !== undefined
        const failure = await runCase(one, sallyport).then(
          () => undefined,
          (error: unknown) => error,
        )
        if (failure instanceof NotApplicable) t.skip(failure.message)
        else if (isKnown) assert.notEqual(failure, undefined, 'kept after all: take it off the list of known failures')
        else if (failure !== undefined) throw failure
      })
    }
  })
}

const all = Object.values(themes).flat()

test('every case has an id of its own, and every known failure is a case', () => {
  const ids = new Set(all.map(({ id }) => id))
  assert.deepEqual(
    Object.keys(knownFailures).filter((id) => !ids.has(id)),
    [],
  )
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length)
})

test('every line of groups A, B, F and G and every complaint has a case, or a reason why it has none', () => {
  const covered = new Set(all.flatMap(({ source }) => source.match(/\b[ABFG]\d+\b|\bcomplaint \d+\b/g) ?? []))
  const asked = [
    ...numbers('A', 1, 71),
    ...numbers('B', 72, 93),
    ...numbers('F', 144, 164),
    ...numbers('G', 165, 170),
    ...numbers('complaint ', 1, 50),
  ]

  const missing = asked.filter((line) => !covered.has(line) && elsewhere[line] === undefined)
  const unknown = [...covered].filter((line) => !asked.includes(line))
  const both = Object.keys(elsewhere).filter((line) => covered.has(line))

  assert.deepEqual(missing, [], 'neither covered nor explained')
  assert.deepEqual(unknown, [], 'no such line')
  assert.deepEqual(both, [], 'covered, and explained away')
})

function numbers(prefix: string, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `${prefix}${from + i}`)
}
