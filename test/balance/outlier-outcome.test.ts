import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomeOf } from '../../src/balance/outlier-outcome.ts'
import { type ErrorCode, errorTable } from '../../src/contract/errors.ts'

test('an answer is judged by its status', () => {
  const found = [101, 200, 304, 404, 429, 499, 500, 501, 502, 503, 504, 505, 599, 600].map((status) =>
    outcomeOf(status, undefined),
  )

  assert.deepEqual(found, [
    ...['ok', 'ok', 'ok', 'ok', 'ok', 'ok'],
    ...['5xx', '5xx', 'gateway', 'gateway', 'gateway', '5xx', '5xx', 'ok'],
  ])
})

test('an exchange that ended without answer and without fault says nothing', () => {
  assert.equal(outcomeOf(0, undefined), 'none')
})

test('only faults of the upstream count against it', () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const counts = errorTable[code].source === 'upstream' && code !== 'SP_UPGRADE_FAILED'
    assert.equal(outcomeOf(0, code) !== 'none', counts, code)
    assert.equal(outcomeOf(503, code) !== 'none', counts, `${code} after a status`)
  }
})

test('no connection, a reset and a timeout are local; an answer that cannot be read is a bad gateway', () => {
  for (const code of ['SP_CONNECT_REFUSED', 'SP_CONNECT_TIMEOUT', 'SP_DNS', 'SP_UPSTREAM_RESET'] as const) {
    assert.equal(outcomeOf(0, code), 'local')
  }
  assert.equal(outcomeOf(0, 'SP_UPSTREAM_TIMEOUT'), 'local')
  assert.equal(outcomeOf(200, 'SP_UPSTREAM_INCOMPLETE'), 'local')
  assert.equal(outcomeOf(0, 'SP_UPSTREAM_PROTOCOL'), 'gateway')
  assert.equal(outcomeOf(0, 'SP_UPSTREAM_FIELDS'), 'gateway')
})
