import assert from 'node:assert/strict'
import test from 'node:test'
import { type ResponseDirectives, readResponseDirectives } from '../../src/cache/response-directives.ts'
import { oneFrom, seededRandom } from '../support/random.ts'

const rounds = 100_000
const restrictive = ['private', 'no-store', 'no-cache']
const harmless = [
  'max-age=3600',
  'public',
  's-maxage=60',
  'immutable',
  'x',
  'x=1',
  'x="a, b"',
  'must-understand',
  '',
  'x="\\""',
]
const around = ['', '', ' ', '\t', ' \t ', '\x0b', '\xa0', '\x00']
const before = [
  '',
  '',
  '',
  '',
  ' ',
  ';',
  '"x" ',
  '"x"',
  'x ',
  'x= ',
  'x =',
  '=',
  "'",
  '(',
  ',,',
  'x="a" ',
  'x="a"',
  ':',
  '/ ',
]
const behind = [
  '',
  '',
  '',
  '',
  '=',
  '=x',
  '=""',
  '="a"',
  '="a, b"',
  '=" authorization"',
  ' = "\tset-cookie"',
  '="a',
  '"',
  ';',
  ';x',
  ' x',
  "'",
  "='a, b'",
  '="a\\"',
  '="a\\\\"',
]
const noise = [
  '"',
  '\\',
  '=',
  ',',
  ' ',
  '\t',
  ';',
  "'",
  'x',
  'private',
  'no-store',
  'no-cache',
  'Private',
  'NO-STORE',
  'max-age=9',
  '\xa0',
  '-',
  '"a"',
  'x="',
]

function read(lines: readonly string[]): ResponseDirectives {
  const fields = lines.flatMap((line) => ['Cache-Control', line])
  return readResponseDirectives(fields, { targets: [], surrogate: undefined })
}

/** Is it as strict as `directive` demands? */
function obeys(read: ResponseDirectives, directive: string): boolean {
  const lifted = read.mustUnderstand
  if (read.noStore && !lifted) return true
  if (directive === 'private') return read.private
  if (directive === 'no-cache') return read.noCache || read.private
  // Lifted by must-understand, RFC 9111 5.2.2.3: that is for no-store alone, in its exact form.
  return read.noStore
}

test(`of ${rounds} Cache-Control with a restriction somewhere in a place of its own, every one is obeyed`, () => {
  const random = seededRandom(9111)

  for (let round = 0; round < rounds; round++) {
    const directive = oneFrom(random, restrictive)
    const mutant =
      oneFrom(random, around) +
      oneFrom(random, before) +
      inAnyCase(directive, random) +
      oneFrom(random, behind) +
      oneFrom(random, around)
    const members = Array.from({ length: Math.floor(random() * 4) }, () => oneFrom(random, harmless))
    members.splice(Math.floor(random() * (members.length + 1)), 0, mutant)
    if (random() < 0.2) members.push(mutant)
    const lines = split(members, random)

    assert.ok(obeys(read(lines), directive), JSON.stringify(lines))
  }
})

test(`of ${rounds} lines of noise, none is less strict than a careless reader`, () => {
  const random = seededRandom(9213)
  let seen = 0

  for (let round = 0; round < rounds; round++) {
    const line = Array.from({ length: 1 + Math.floor(random() * 9) }, () => oneFrom(random, noise)).join('')
    const seenHere = seenByCareless(line)
    const result = read([line])
    for (const directive of seenHere) assert.ok(obeys(result, directive), JSON.stringify(line))
    seen += seenHere.length
  }

  assert.ok(seen > rounds / 4, 'the noise has restrictions in it')
})

test(`of ${rounds} well-formed lines without a restriction, none is restricted`, () => {
  const random = seededRandom(5861)
  const plain = [...harmless, 'x=private', 'x-private=1', 'y="no-store, private"', 'no-cachet', 'stale-if-error=5']

  for (let round = 0; round < rounds; round++) {
    const lines = split(
      Array.from({ length: 1 + Math.floor(random() * 5) }, () => ' '.repeat(random() * 2) + oneFrom(random, plain)),
      random,
    )
    const { noStore, noCache, private: isPrivate } = read(lines)

    assert.deepEqual([noStore, noCache, isPrivate], [false, false, false], JSON.stringify(lines))
  }
})

/** What a reader sees that cuts out quoted arguments and takes every word with a border on both sides. */
function seenByCareless(line: string): string[] {
  const open = line.replace(/"(?:[^"\\]|\\.)*"/g, '').includes('"')
  const bare = line.replace(/=("[^"\\]*")/g, '=q')
  const seen = restrictive.filter((word) => new RegExp(`(?:^|[\\s,;"])${word}(?:$|[\\s,;="])`, 'i').test(bare))
  return open ? ['no-store', ...seen] : seen
}

function inAnyCase(word: string, random: () => number): string {
  const way = random()
  if (way < 0.4) return word
  if (way < 0.6) return word.toUpperCase()
  return Array.from(word, (char) => (random() < 0.5 ? char.toUpperCase() : char)).join('')
}

/** The members in one line or in several. */
function split(members: readonly string[], random: () => number): string[] {
  const lines: string[][] = [[]]
  for (const member of members) {
    if (random() < 0.2) lines.push([])
    lines.at(-1)?.push(member)
  }
  return lines.map((line) => line.join(oneFrom(random, [',', ', ', ' ,\t'])))
}
