import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../support/imports.ts'
import { runCli } from './run-cli.ts'

test('the help of reverse tells every option, gives examples and the exit codes', async () => {
  const { code, stdout, stderr } = await runCli(['reverse', '--help'])

  assert.equal(code, 0)
  assert.equal(stderr, '')
  for (const option of [
    ...['--to', '--listen', '--host-header', '--header-up', '--header-down', '--access-log', '--insecure-upstream'],
    ...['--http2-upstream', '--trusted-proxy', '--drain-timeout', '--help'],
    ...['--policy', '--weight', '--health'],
    ...['--cache', '--cache-dir', '--cache-dir-size', '--cache-redis', '--cache-socket'],
  ]) {
    assert.match(stdout, new RegExp(`^  (?:-\\w, )?${option}\\b`, 'm'))
  }
  assert.match(stdout, /^Examples:\n(?: {2}.*\n {4}sallyport reverse --to .*\n)+/m)
  assert.match(stdout, /^Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 /m)
  for (const line of stdout.split('\n')) assert.ok(line.length <= 110, line)
})

test('the help of the program names its commands', async () => {
  const { code, stdout } = await runCli(['--help'])

  assert.equal(code, 0)
  assert.match(stdout, /^Commands:\n {2}reverse.*\n {2}cache/m)
})

test('the help of each command of cache tells its options', async () => {
  for (const [command, ...options] of [
    ['purge', '--prefix', '--tag', '--all', '--soft', '--socket', '--port'],
    ['list', '--prefix', '--limit', '--json', '--socket', '--port'],
    ['stats', '--json', '--socket', '--port'],
    ['warm', '--to', '--concurrency', '--host', '--header', '--timeout', '--max-time'],
  ] as const) {
    const { code, stdout } = await runCli(['cache', command, '--help'])

    assert.equal(code, 0)
    for (const option of options) assert.match(stdout, new RegExp(`^  (?:-\\w, )?${option}\\b`, 'm'))
    for (const line of stdout.split('\n')) assert.ok(line.length <= 110, line)
  }
})

test('the version is that of package.json, wherever the program is called from', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

  for (const cwd of [root, tmpdir()]) {
    const { code, stdout } = await runCli(['--version'], cwd)

    assert.equal(code, 0)
    assert.equal(stdout, `${version}\n`)
  }
})
