import assert from 'node:assert/strict'
import test from 'node:test'
import { type ResponseDirectives, readResponseDirectives } from '../../src/cache/response-directives.ts'

function read(...lines: string[]): ResponseDirectives {
  const fields = lines.flatMap((line) => ['Surrogate-Control', line])
  return readResponseDirectives([...fields, 'Cache-Control', 'max-age=7'], { targets: [], surrogate: 'Edge-1' })
}

const said: [value: string, said: Partial<ResponseDirectives>][] = [
  ['max-age=3600', { targeted: true, maxAge: 3600 }],
  ['MaX-aGe=3600', { maxAge: 3600 }],
  ['foobar, max-age=3600', { maxAge: 3600 }],
  ['max-age=0', { maxAge: 0 }],
  ['max-age=99999999999', { maxAge: 2 ** 31 }],
  ['max-age =3600', { targeted: true, maxAge: 0 }],
  ['max-age= 3600', { targeted: true, maxAge: 0 }],
  ['max-age=60+30', { maxAge: 60, staleWhileRevalidate: 30 }],
  ['max-age=60+x', { maxAge: 60, staleWhileRevalidate: undefined }],
  ['max-age=x+30', { maxAge: 0 }],
  ['no-store', { targeted: true, noStore: true }],
  ['no-store-remote', { targeted: true, noStore: true }],
  ['no-store, content="ESI/1.0"', { noStore: true }],
  ['x="', { noStore: true }],
  ['max-age=60, stale-if-error=5', { staleIfError: 5 }],
  ['private', { private: true }],
  ['max-age=3600;edge-1', { targeted: true, maxAge: 3600 }],
  ['max-age=3600 ; EDGE-1', { maxAge: 3600 }],
  ['max-age=3600;other;edge-1', { maxAge: 3600 }],
  ['max-age=5, max-age=3600;edge-1', { maxAge: 3600 }],
  ['max-age=3600, max-age=5;edge-1', { maxAge: 5 }],
  ['no-store, max-age=3600;edge-1', { noStore: false, maxAge: 3600 }],
  ['max-age=3600, no-store;edge-1', { noStore: true, maxAge: undefined }],
  ['max-age=3600, no-store;other', { noStore: false, maxAge: 3600 }],
  ['no-store other', { noStore: true }],
]

for (const [value, wanted] of said) {
  test(`Surrogate-Control: ${value} stands in for Cache-Control`, () => {
    const directives = read(value)

    for (const [name, is] of Object.entries(wanted))
      assert.equal(directives[name as keyof ResponseDirectives], is, name)
  })
}

for (const value of ['max-age=3600;not-for-you', 'no-store;edge-10', 'content="ESI/1.0"', 'foo', '']) {
  test(`Surrogate-Control: ${value} has nothing for us, and Cache-Control counts`, () => {
    assert.equal(read(value).targeted, false)
    assert.equal(read(value).maxAge, 7)
    assert.equal(read(value).noStore, false)
  })
}

test('a quote that one line leaves open does not hide what the next one says', () => {
  assert.equal(read('x="', 'no-store, y="').noStore, true)
})

test('without a device token of ours the field is not looked at', () => {
  const fields = ['Surrogate-Control', 'no-store', 'Cache-Control', 'max-age=7']

  assert.equal(readResponseDirectives(fields, { targets: [], surrogate: undefined }).noStore, false)
})
