import assert from 'node:assert/strict'
import test from 'node:test'
import {
  parseDictionary,
  parseItem,
  parseList,
  serializeString,
  serializeToken,
} from '../../src/http/structured-fields.ts'

const none = new Map()

const items: [source: string, text: string, type: string, value: unknown][] = [
  ['3.3.1', '42', 'integer', 42],
  ['3.3.1', '-42', 'integer', -42],
  ['4.2.4', '0042', 'integer', 42],
  ['4.2.4', '-0', 'integer', 0],
  ['3.3.1', '999999999999999', 'integer', 999_999_999_999_999],
  ['3.3.2', '4.5', 'decimal', 4.5],
  ['3.3.2', '-123456789012.125', 'decimal', -123_456_789_012.125],
  ['3.3.3', '"hello world"', 'string', 'hello world'],
  ['3.3.3', '"a\\"b\\\\c"', 'string', 'a"b\\c'],
  ['3.3.3', '""', 'string', ''],
  ['3.3.4', 'foo123/456', 'token', 'foo123/456'],
  ['3.3.4', '*a:b', 'token', '*a:b'],
  ['3.3.5', ':cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:', 'bytes', Buffer.from('pretend this is binary content.')],
  ['3.3.5', '::', 'bytes', Buffer.from('')],
  ['4.2.7, padding may be missing', ':aGk:', 'bytes', Buffer.from('hi')],
  ['3.3.6', '?1', 'boolean', true],
  ['3.3.6', '?0', 'boolean', false],
  ['3.3.7', '@1659578233', 'date', 1_659_578_233],
  ['3.3.7', '@-1', 'date', -1],
  [
    '3.3.8',
    '%"This is intended for display to %c3%bcsers."',
    'display-string',
    'This is intended for display to üsers.',
  ],
  ['3.3.8', '%"%22%25"', 'display-string', '"%'],
  ['4.2, spaces around', '  1  ', 'integer', 1],
]

for (const [source, text, type, value] of items) {
  test(`reads the item ${text} (RFC 9651 ${source})`, () => {
    assert.deepEqual(parseItem(text), { type, value, parameters: none })
  })
}

const brokenItems: [source: string, text: string][] = [
  ['4.2.3', ''],
  ['4.2.3', '  '],
  ['4.2.3.1', '&'],
  ['4.2.3.1', 'ü'],
  ['4.2', '1 2'],
  ['4.2', '1,'],
  ['4.2, tab is no space', '\t1'],
  ['4.2.4', '-'],
  ['4.2.4', '--1'],
  ['4.2.4', '+1'],
  ['4.2.4', '1.'],
  ['4.2.4', '.1'],
  ['4.2.4', '1.1.1'],
  ['4.2.4', '1.1234'],
  ['4.2.4', '1e5'],
  ['4.2.4', '1000000000000000'],
  ['4.2.4', '1234567890123.1'],
  ['4.2.5', '"a'],
  ['4.2.5', '"a\\'],
  ['4.2.5', '"a\\n"'],
  ['4.2.5', '"\x7f"'],
  ['4.2.5', '"a\tb"'],
  ['4.2.5', '"\xe9"'],
  ['4.2.5', "'a'"],
  ['4.2.7', ':aGk='],
  ['4.2.7', ':a:'],
  ['4.2.7', ':a_k=:'],
  ['4.2.7', ':aG k=:'],
  ['4.2.7', ':aGk=aGk=:'],
  ['4.2.8', '?'],
  ['4.2.8', '?2'],
  ['4.2.8', '?true'],
  ['4.2.9', '@'],
  ['4.2.9', '@1.5'],
  ['4.2.9', '@"1"'],
  ['4.2.10', '%a'],
  ['4.2.10', '%"a'],
  ['4.2.10, upper case', '%"%C3%BC"'],
  ['4.2.10, half', '%"%c"'],
  ['4.2.10, half', '%"%c'],
  ['4.2.10, no hex', '%"%zz"'],
  ['4.2.10, no UTF-8', '%"%c3"'],
  ['4.2.10, no UTF-8', '%"%ed%a0%80"'],
  ['4.2.10, raw', '%"\xfc"'],
  ['4.2.3.2', '1;'],
  ['4.2.3.2', '1;A'],
  ['4.2.3.2', '1;a='],
  ['4.2.3.2', '1 ;a'],
  ['4.2.3.2', '1;a =1'],
  ['4.2.3.2, no inner list', '1;a=(1)'],
  ['4.2.3.3', '1;1a'],
]

for (const [source, text] of brokenItems) {
  test(`does not take ${JSON.stringify(text)} for an item (RFC 9651 ${source})`, () => {
    assert.equal(parseItem(text), undefined)
  })
}

test('parameters are read in order, and the last of a name counts (RFC 9651 4.2.3.2)', () => {
  const item = parseItem('a;b;  c=?0;*d="x";b=2')

  assert.deepEqual(item, {
    type: 'token',
    value: 'a',
    parameters: new Map<string, unknown>([
      ['b', { type: 'integer', value: 2 }],
      ['c', { type: 'boolean', value: false }],
      ['*d', { type: 'string', value: 'x' }],
    ]),
  })
})

test('a list holds items and inner lists, both with parameters (RFC 9651 3.1)', () => {
  const one = { type: 'integer', value: 1, parameters: none }

  assert.deepEqual(parseList('1 \t,\t (1   1 );q=?1,()'), [
    one,
    { type: 'list', items: [one, one], parameters: new Map([['q', { type: 'boolean', value: true }]]) },
    { type: 'list', items: [], parameters: none },
  ])
  assert.deepEqual(parseList(''), [])
  assert.deepEqual(parseList('   '), [])
})

test('a dictionary holds members by key, true where there is no value; the last counts (RFC 9651 3.2)', () => {
  assert.deepEqual(
    parseDictionary('a=1, b;x, c=(1), a=2'),
    new Map<string, unknown>([
      ['a', { type: 'integer', value: 2, parameters: none }],
      ['b', { type: 'boolean', value: true, parameters: new Map([['x', { type: 'boolean', value: true }]]) }],
      ['c', { type: 'list', items: [{ type: 'integer', value: 1, parameters: none }], parameters: none }],
    ]),
  )
  assert.deepEqual(parseDictionary(''), none)
})

for (const text of ['a,', ',a', 'a,,b', 'a b', '(a', '(a,b)', '("a""b")', '(a)b', ')', '((a))', 'a;', '\ta']) {
  test(`a list ${JSON.stringify(text)} fails as a whole (RFC 9651 4.2.1)`, () => {
    assert.equal(parseList(text), undefined)
  })
}

for (const text of [
  'a=',
  'a =1',
  'a= 1',
  'A=1',
  '1=1',
  'a,',
  'a;b,',
  'a=1 b=2',
  'a="',
  'a, &',
  'a=1,,b=1',
  '"a"=1',
  '-a',
  '=1',
]) {
  test(`a dictionary ${JSON.stringify(text)} fails as a whole (RFC 9651 4.2.2)`, () => {
    assert.equal(parseDictionary(text), undefined)
  })
}

test('what section 3 demands fits, and what is larger fails', () => {
  const many = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}`).join(', ')

  assert.equal(parseDictionary(many(1024))?.size, 1024)
  assert.equal(parseDictionary(many(1025)), undefined)
  assert.equal(parseList(many(1024))?.length, 1024)
  assert.equal(parseList(many(1025)), undefined)
  assert.equal(parseItem(`a;${many(256).replaceAll(', ', ';')}`)?.parameters.size, 256)
  assert.equal(parseItem(`a;${many(257).replaceAll(', ', ';')}`), undefined)
  assert.notEqual(parseList(`(${many(256).replaceAll(',', '')})`), undefined)
  assert.equal(parseList(`(${many(257).replaceAll(',', '')})`), undefined)
  assert.equal(parseItem(`"${'x'.repeat(1024)}"`)?.value, 'x'.repeat(1024))
  assert.equal(parseItem(`:${'A'.repeat(21_848)}:`)?.type, 'bytes')
  assert.equal(parseItem(`"${'x'.repeat(65_536)}"`), undefined)
})

test('a string or a token that is written is read as it was', () => {
  for (const text of ['', 'a', 'a"b\\c', '~ ', '0']) assert.equal(parseItem(serializeString(text))?.value, text)
  assert.equal(serializeString('ä\n'), '"??"')
  assert.equal(serializeToken('hit/a:b'), 'hit/a:b')
  assert.equal(serializeToken('1a'), '"1a"')
  assert.equal(serializeToken('a b'), '"a b"')
  assert.equal(serializeToken(''), '""')
})
