import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  between,
  duration,
  flag,
  integer,
  knownKeys,
  nearest,
  OptionError,
  oneOf,
  size,
  time,
} from '../../src/contract/options.ts'

const durations: readonly [number | string | false | undefined, number][] = [
  [undefined, 7],
  [false, 0],
  [0, 0],
  [1500, 1500],
  [0.5, 0.5],
  ['0ms', 0],
  ['500ms', 500],
  ['30s', 30_000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
]
for (const [given, expected] of durations) {
  test(`the duration ${JSON.stringify(given)} is ${expected} ms`, () => assert.equal(duration('t', given, 7), expected))
}

for (const given of ['30', '30 s', '-1s', 's', '1e3ms', '30S', '', '.5s', '1s2', -1, Number.NaN, true, null, {}]) {
  test(`the duration ${String(JSON.stringify(given))} (${typeof given}) is refused`, () => {
    assert.throws(() => duration('timeouts.connect', given as string, 7), {
      name: 'OptionError',
      code: 'SP_BAD_OPTION',
      option: 'timeouts.connect',
      message:
        /^Option 'timeouts\.connect' is .*: give milliseconds or text such as '500ms', '30s', '2m'; false is off$/,
    })
  })
}

test('a duration beyond what a timer can hold is refused: it would fire at once', () => {
  assert.equal(duration('t', 2_147_483_647, 7), 2_147_483_647)
  for (const given of [2_147_483_648, '25d', Number.POSITIVE_INFINITY]) {
    assert.throws(() => duration('t', given, 7), /'t' is .*: give at most 2147483647 ms/)
  }
})

const sizes: readonly [number | string | false | undefined, number][] = [
  [undefined, 7],
  [false, Number.POSITIVE_INFINITY],
  [0, 0],
  [1024, 1024],
  ['10b', 10],
  ['64KiB', 65_536],
  ['64kib', 65_536],
  ['10MiB', 10_485_760],
  ['2GiB', 2_147_483_648],
]
for (const [given, expected] of sizes) {
  test(`the size ${JSON.stringify(given)} is ${expected} bytes`, () => assert.equal(size('s', given, 7), expected))
}

for (const given of ['10', '10KB', '10 KiB', '1.5MiB', '-1b', '', 1.5, -1, Number.NaN, true, null]) {
  test(`the size ${String(JSON.stringify(given))} (${typeof given}) is refused`, () => {
    assert.throws(() => size('bodyLimit', given as string, 7), /'bodyLimit' is .*: give bytes or text such as '64KiB'/)
  })
}

test('a time cannot be off, and says why', () => {
  assert.equal(time('t', undefined, 7), 7)
  assert.equal(time('t', '2s', 7), 2000)
  assert.throws(() => time('t', 0, 7), /'t' is 0: give more than 0/)
  assert.throws(() => time('t', false as never, 7, 'it must end'), /'t' is false: it must end/)
  assert.throws(() => time('t', -1, 7), /give milliseconds or text/)
})

test('a number stands between its bounds, both included', () => {
  assert.equal(between('n', undefined, 0.5, 0, 1), 0.5)
  assert.equal(between('n', 0, 0.5, 0, 1), 0)
  assert.equal(between('n', 1, 0.5, 0, 1), 1)
  for (const given of [-0.1, 1.1, '1', Number.NaN, null]) {
    assert.throws(() => between('n', given as number, 0.5, 0, 1), /'n' is .*: give a number from 0 to 1/)
  }
})

test('a whole number has a least', () => {
  assert.equal(integer('n', undefined, 5), 5)
  assert.equal(integer('n', 0, 5), 0)
  assert.equal(integer('n', 1, 5, 1), 1)
  for (const given of [0, -1, 1.5, '1', Number.NaN, null]) {
    assert.throws(() => integer('n', given as number, 5, 1), /'n' is .*: give a whole number of at least 1/)
  }
})

test('one of a list of words', () => {
  assert.equal(oneOf('w', undefined, 'a', ['a', 'b']), 'a')
  assert.equal(oneOf('w', 'b', 'a', ['a', 'b']), 'b')
  assert.throws(() => oneOf('w', 'c' as 'a', 'a', ['a', 'b']), /'w' is "c": give one of 'a', 'b'/)
})

test('a yes or a no', () => {
  assert.equal(flag('f', undefined, true), true)
  assert.equal(flag('f', false, true), false)
  for (const given of ['true', 1, 0, null])
    assert.throws(() => flag('f', given as never, true), /'f' is .*: give true or false/)
})

test('a key that nobody knows is told, with the nearest, or with all of them', () => {
  const known = ['upstream', 'prefix', 'timeouts']

  knownKeys('', { prefix: '/', upstream: 'x' }, known)
  assert.throws(() => knownKeys('', { upsteam: 'http://a' }, known), {
    option: 'upsteam',
    message: `Option 'upsteam' is "http://a": there is no such option. Did you mean 'upstream'?`,
  })
  assert.throws(() => knownKeys('reverse', { quux: 1 }, known), {
    option: 'reverse.quux',
    message: "Option 'reverse.quux' is 1: there is no such option. The options are: upstream, prefix, timeouts",
  })
})

for (const given of [5, 'text', true, null, []]) {
  test(`options that are ${JSON.stringify(given)} are refused`, () => {
    assert.throws(() => knownKeys('limits', given as object, ['a']), /'limits' is .*: give an object with some of: a/)
    assert.throws(() => knownKeys('', given as object, ['a']), /'options' is/)
  })
}

test('a key of the prototype is no key', () => {
  assert.throws(() => knownKeys('', JSON.parse('{"__proto__": 1}'), ['a']), /__proto__/)
  knownKeys('', Object.create({ inherited: 1 }), ['a'])
})

test('nearest finds slips of the hand, whatever the case, and nothing else', () => {
  const known = ['headerBytes', 'headerFields', 'uriBytes']

  assert.equal(nearest('headerByte', known), 'headerBytes')
  assert.equal(nearest('HEADERBYTES', known), 'headerBytes')
  assert.equal(nearest('haederFields', known), 'headerFields')
  assert.equal(nearest('timeout', known), undefined)
  assert.equal(nearest('', known), undefined)
  assert.equal(nearest('x', []), undefined)
})

const described: readonly [unknown, string][] = [
  [undefined, 'is missing'],
  ['a "b"', 'is "a \\"b\\""'],
  [7, 'is 7'],
  [null, 'is null'],
  [[1], 'is a list'],
  [{ a: 1 }, 'is an object'],
  [() => 1, 'is a function'],
]
for (const [given, text] of described) {
  test(`an option error says: ${text}`, () => {
    const error = new OptionError('x', given, 'do right')

    assert.equal(error.message, `Option 'x' ${text}: do right`)
    assert.ok(error instanceof Error)
  })
}

test('no error of a URL says the password in it', () => {
  for (const url of [
    'ftp://me:secret@host',
    'http://me:secret@host:99999',
    '//me:se/cret@host',
    'http://a@b\n:secret@c',
  ]) {
    const { message } = new OptionError('upstream', url, 'give a URL')

    assert.doesNotMatch(message, /secret|se\/cret/)
    assert.match(message, /\(hidden\)@/)
  }
})

test('where secrets stand, a slip of the key does not print what was given', () => {
  for (const given of [{ passphras: 'secret' }, 'secret' as unknown as object]) {
    assert.throws(
      () => knownKeys('tls', given, ['passphrase'], true),
      (error: Error) => /passphrase/.test(error.message) && !/secret/.test(error.message),
    )
  }
})
