import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OptionError } from '../../../src/contract/options.ts'
import { readPorts } from '../../../src/forward-proxy/target/ports.ts'

function listed(set: { has(port: number): boolean }): number[] {
  return Array.from({ length: 65_537 }, (_, port) => port).filter((port) => set.has(port))
}

test('without a word, the ports of the web', () => {
  assert.deepEqual(listed(readPorts('ports', undefined)), [80, 443, 8080, 8443])
})

test('any is every port but 0', () => {
  assert.equal(listed(readPorts('ports', 'any')).length, 65_535)
  assert.equal(readPorts('ports', 'any').has(0), false)
})

test('a list has ports and ranges; text is read as the command line gives it', () => {
  assert.deepEqual(listed(readPorts('ports', [443, '8000-8002'])), [443, 8000, 8001, 8002])
  assert.deepEqual(listed(readPorts('ports', '80, 443,65535')), [80, 443, 65_535])
})

test('what is no port is an error that names it', () => {
  const bad: unknown[] = [
    [],
    '',
    [0],
    [65_536],
    ['http'],
    ['90-80'],
    ['80-'],
    [80.5],
    [-1],
    '80;443',
    443,
    {},
    [null],
    ['*'],
  ]

  for (const given of bad) {
    assert.throws(
      () => readPorts('ports', given as string),
      (error: OptionError) => error instanceof OptionError && error.option === 'ports' && /'any'/.test(error.message),
      JSON.stringify(given),
    )
  }
})
