import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RetryOptions, readRetry, retryPolicy } from '../../../src/balance/retry/options.ts'
import { OptionError } from '../../../src/contract/options.ts'

test('without options: two more attempts after a reset, a budget of 20 %, at least 3; nothing kept, nothing hedged', () => {
  assert.deepEqual(readRetry('retry', undefined), {
    attempts: 2,
    on: new Set(['reset']),
    perTryTimeout: 0,
    bufferBody: 0,
    hedgeAfter: 0,
    budget: { ratio: 0.2, minimum: 3 },
  })
})

test('false: no condition, no attempt', () => {
  const { attempts, on } = readRetry('retry', false)

  assert.equal(attempts, 0)
  assert.equal(on.size, 0)
})

test('a per-try timeout alone is a condition too; with a list of conditions the list decides', () => {
  assert.deepEqual(readRetry('retry', { perTryTimeout: '2s' }).on, new Set(['reset', 'timeout']))
  assert.deepEqual(readRetry('retry', { perTryTimeout: 2000, on: ['503'] }).on, new Set(['503']))
})

test('times and sizes may be text, and false is off', () => {
  const on = readRetry('retry', { perTryTimeout: '1.5s', hedgeAfter: '80ms', bufferBody: '64KiB' })
  const off = readRetry('retry', { perTryTimeout: false, hedgeAfter: false, bufferBody: false })

  assert.deepEqual([on.perTryTimeout, on.hedgeAfter, on.bufferBody], [1500, 80, 65536])
  assert.deepEqual([off.perTryTimeout, off.hedgeAfter, off.bufferBody], [0, 0, 0])
})

test('what is read is frozen', () => {
  const settings = readRetry('retry', {})

  assert.ok(Object.isFrozen(settings) && Object.isFrozen(settings.budget))
  assert.ok(Object.isFrozen(retryPolicy(settings, () => 0)))
})

test('a policy takes its budget from the load of its pool', () => {
  let active = 0
  const { budget } = retryPolicy(readRetry('retry', { budget: { ratio: 0.5, minimum: 1 } }), () => active)

  assert.deepEqual([budget.take(), budget.take()], [true, false])
  active = 4
  assert.equal(budget.take(), true)
})

const wrong: [unknown, string, RegExp][] = [
  [{ attempt: 2 }, 'retry.attempt', /Did you mean 'attempts'/],
  [{ attempts: -1 }, 'retry.attempts', /at least 0/],
  [{ attempts: 1.5 }, 'retry.attempts', /whole number/],
  [{ attempts: 11 }, 'retry.attempts', /at most 10/],
  [{ on: 'reset' }, 'retry.on', /give a list/],
  [{ on: ['reset', '50x'] }, 'retry.on[1]', /did you mean '5xx'/],
  [{ on: [503] }, 'retry.on[0]', /give one of 'reset'/],
  [{ perTryTimeout: 'soon' }, 'retry.perTryTimeout', /milliseconds or text/],
  [{ hedgeAfter: -5 }, 'retry.hedgeAfter', /milliseconds or text/],
  [{ bufferBody: '1 MB' }, 'retry.bufferBody', /bytes or text/],
  [{ budget: 0.2 }, 'retry.budget', /give an object/],
  [{ budget: { ratio: 20 } }, 'retry.budget.ratio', /from 0 to 1/],
  [{ budget: { ratio: Number.NaN } }, 'retry.budget.ratio', /from 0 to 1/],
  [{ budget: { minimum: -1 } }, 'retry.budget.minimum', /at least 0/],
  [{ budget: { least: 3 } }, 'retry.budget.least', /no such option/],
  [true, 'retry', /give an object/],
  [null, 'retry', /give an object/],
]

for (const [given, option, right] of wrong) {
  test(`${JSON.stringify(given)} is refused at ${option}`, () => {
    assert.throws(
      () => readRetry('retry', given as RetryOptions),
      (error: unknown) => error instanceof OptionError && error.option === option && right.test(error.message),
    )
  })
}
