import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodySearch } from '../../../src/balance/health/body-search.ts'
import { readBody } from '../../../src/balance/health/expect.ts'

function search(expected: string | RegExp, limit: number, ...chunks: string[]): (boolean | undefined)[] {
  const body = new BodySearch(readBody('body', expected) as NonNullable<ReturnType<typeof readBody>>, limit)
  const said: (boolean | undefined)[] = []
  for (const chunk of chunks) {
    said.push(body.add(Buffer.from(chunk)))
    if (said.at(-1) !== undefined) return said
  }
  return [...said, body.end()]
}

test('text is found as soon as it is there, over the seams of chunks', () => {
  assert.deepEqual(search('status: ok', 1000, 'the sta', 'tu', 's: ok and more', 'never read'), [
    undefined,
    undefined,
    true,
  ])
})

test('text that has not come by the end is not there', () => {
  assert.deepEqual(search('ok', 1000, 'o', 'x', 'k'), [undefined, undefined, undefined, false])
})

test('the limit decides: what lies behind it does not count', () => {
  assert.deepEqual(search('ok', 10, '123456789', 'ok'), [undefined, false])
  assert.deepEqual(search('ok', 10, '12345678', 'ok'), [undefined, true])
})

test('a pattern is asked once, with all that there is', () => {
  assert.deepEqual(search(/^ok$/, 1000, 'ok', ' but failing'), [undefined, undefined, false])
  assert.deepEqual(search(/^o.*d$/, 1000, 'ok', ' said'), [undefined, undefined, true])
})

test('a pattern with the flag g says the same each time', () => {
  const expected = readBody('body', /ok/g) as NonNullable<ReturnType<typeof readBody>>

  const said = [1, 2, 3].map(() => {
    const body = new BodySearch(expected, 100)
    body.add(Buffer.from('ok'))
    return body.end()
  })

  assert.deepEqual(said, [true, true, true])
})

test('a body that comes byte by byte takes time in proportion to its length', () => {
  const body = new BodySearch(readBody('body', 'never') as NonNullable<ReturnType<typeof readBody>>, 1024 * 1024)
  const one = Buffer.from('n')
  const began = performance.now()

  for (let i = 0; i < 1024 * 1024 - 1; i++) assert.equal(body.add(one), undefined)

  assert.equal(body.add(one), false)
  assert.ok(performance.now() - began < 5000)
})
