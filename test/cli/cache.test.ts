import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import Fastify from 'fastify'
import cache from '../../plugins/cache/index.ts'
import { cacheList } from '../../src/cli/cache-list.ts'
import { cachePurge } from '../../src/cli/cache-purge.ts'
import { cacheStats } from '../../src/cli/cache-stats.ts'
import { until } from '../support/until.ts'
import { ownRuntimeFolder, startCaching } from './cache-bed.ts'
import { runCli } from './run-cli.ts'

const folder = join(ownRuntimeFolder(), `sallyport-${userInfo().uid}`)

test('with one cache running, stats and list find it, and show what a person wants to know', async (t) => {
  const { url, visit } = await startCaching(t)
  for (const page of ['/a', '/a', '/b/1']) await visit(page)

  const stats = await runCli(['cache', 'stats'])
  const list = await runCli(['cache', 'list'])

  assert.equal(stats.code, 0, stats.stderr)
  assert.match(stats.stdout, /^hit ratio +33\.3 % of requests \(1 of 3\)$/m)
  assert.match(stats.stdout, /^by bytes +31\.7 % \(13 B of 41 B\)$/m)
  assert.match(stats.stdout, /^stored +2 entries in memory$/m)
  assert.match(stats.stdout, /^takes +\S+ KiB of 128 MiB/m)
  const [titles = '', ...rows] = list.stdout.trimEnd().split('\n')
  assert.match(titles, /^URL +STATUS +SIZE +AGE +FRESH FOR +STORE +VARIES BY$/)
  assert.deepEqual(
    rows.map((row) => row.split(/ {2,}/).slice(0, 3)),
    [
      [`${url}/a`, '200', '13 B'],
      [`${url}/b/1`, '200', '15 B'],
    ],
  )
  // Aligned: each number ends where its title ends.
  for (const row of rows) assert.equal(row.indexOf(' B  ') + 2, titles.indexOf('SIZE') + 4)
})

test('a URL, a prefix, a tag, everything: each is purged, and the count is told', async (t) => {
  const { url, visit } = await startCaching(t)
  for (const page of ['/a/1', '/a/2', '/b/1', '/b/2', '/c/1']) await visit(page)
  const purge = async (...args: string[]): Promise<string> => (await runCli(['cache', 'purge', ...args])).stdout

  assert.equal(await purge(`${url}/a/1`), '1 entry purged\n')
  assert.equal(await purge('--prefix', `${url}/a/`), '1 entry purged\n')
  assert.equal(await purge('--tag', 'b', '--soft'), '2 entries marked stale\n')
  assert.match(await visit('/b/1'), /fwd=stale/)
  assert.equal(await purge('--all'), '3 entries purged\n')
  assert.match(await visit('/c/1'), /fwd=uri-miss/)
})

test('list goes by prefix and up to a limit, and says when there is more; JSON is for programs', async (t) => {
  const { url, visit } = await startCaching(t)
  for (const page of ['/a/1', '/a/2', '/b/1']) await visit(page)

  const some = await runCli(['cache', 'list', '--limit', '1'])
  const below = await runCli(['cache', 'list', '--prefix', `${url}/a/`, '--json', '--limit', '0'])
  const none = await runCli(['cache', 'list', '--prefix', 'http://nobody.test/'])

  assert.equal(some.stdout.trimEnd().split('\n').length, 2)
  assert.match(some.stderr, /the first 1 that were found; --limit 0 shows all/)
  const lines = below.stdout.trimEnd().split('\n')
  assert.deepEqual(lines.map((line) => JSON.parse(line).url).sort(), [`${url}/a/1`, `${url}/a/2`])
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, '', 'sallyport: nothing is stored\n'])
})

test('with none and with several, it says so, names them and tells the way on', async (t) => {
  const none = await runCli(['cache', 'stats'])
  await startCaching(t)
  const { url, visit } = await startCaching(t)
  await visit('/a')
  const several = await runCli(['cache', 'stats'])
  const one = join(folder, `${new URL(url).port}.sock`)

  const chosen = await runCli(['cache', 'stats', '--json', '--socket', one])

  assert.equal(none.code, 1)
  assert.match(
    none.stderr,
    /no cache of this user runs here \(looked in .*sallyport-\d+\)[\s\S]*--cache[\s\S]*--socket/,
  )
  assert.equal(several.code, 2)
  assert.match(several.stderr, /there are 2 caches/)
  assert.ok(several.stderr.includes(`--socket ${one}\n`))
  assert.equal(JSON.parse(chosen.stdout).requests.misses, 1)
})

test('the sockets lie where this user alone can come, and go with the proxy', async (t) => {
  const { url, stop } = await startCaching(t)
  const socket = join(folder, `${new URL(url).port}.sock`)

  const modes = [(await stat(folder)).mode & 0o777, (await stat(socket)).mode & 0o777]
  const code = await stop()

  assert.deepEqual(modes, [0o700, 0o600])
  assert.equal(code, 0)
  await assert.rejects(stat(socket), { code: 'ENOENT' })
})

test('a folder that others can come into is not used: a warning for the proxy, an end for the client', async (t) => {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o777)
  t.after(() => chmod(folder, 0o700))

  const { output, visit } = await startCaching(t)
  const { code, stderr } = await runCli(['cache', 'stats'])

  assert.match(output(), /cache: 128 MiB of memory/)
  assert.match(await visit('/a'), /stored/)
  assert.match(output(), /warning: 'sallyport cache' cannot look into it: .*not a folder of this user alone/)
  assert.equal(code, 1)
  assert.match(stderr, /not a folder of this user alone/)
})

test('--cache-socket says where; a place that cannot be had ends the start', async (t) => {
  const own = await mkdtemp(join(tmpdir(), 'sp-own-'))
  t.after(() => rm(own, { recursive: true }))
  const socket = join(own, 'c.sock')
  const { output, origin } = await startCaching(t, ['--cache', '32m', '--cache-socket', socket])

  const stats = await runCli(['cache', 'stats', '--socket', socket])
  const again = await runCli([
    ...['reverse', '--to', origin.url, '--listen', '127.0.0.1:0'],
    ...['--cache', '--cache-socket', socket],
  ])
  const off = await startCaching(t, ['--cache', '--cache-socket', 'off'])

  assert.match(output(), new RegExp(`cache: 32 MiB of memory +look into it: sallyport cache stats --socket ${socket}`))
  assert.match(stats.stdout, /of 32 MiB/)
  assert.equal(again.code, 1)
  assert.match(again.stderr, /--cache-socket: .* is in use by another process/)
  assert.doesNotMatch(off.output(), /look into it/)
})

test('the port of a plugin is reached with its token, from the environment', async (t) => {
  const app = Fastify()
  t.after(() => app.close())
  const port = 20_000 + (process.pid % 10_000)
  process.env.SALLYPORT_CACHE_TOKEN = 'a-token-of-24-characters'
  t.after(() => {
    delete process.env.SALLYPORT_CACHE_TOKEN
  })
  await app.register(cache, { control: { port, token: process.env.SALLYPORT_CACHE_TOKEN } })

  const right = await runCli(['cache', 'stats', '--port', String(port)])
  process.env.SALLYPORT_CACHE_TOKEN = 'another-one-of-24-letters'
  const wrong = await runCli(['cache', 'stats', '--port', String(port)])
  delete process.env.SALLYPORT_CACHE_TOKEN
  const without = await runCli(['cache', 'stats', '--port', String(port)])

  assert.match(right.stdout, /^hit ratio +- of requests/m)
  assert.equal(wrong.code, 1)
  assert.match(wrong.stderr, /the token is missing or wrong/)
  assert.equal(without.code, 2)
  assert.match(without.stderr, /SALLYPORT_CACHE_TOKEN/)
})

test('slips are told with the way out, and purge nothing', async (t) => {
  const { visit } = await startCaching(t)
  await visit('/a')
  const slips: readonly [slip: () => Promise<unknown>, says: RegExp][] = [
    [() => cachePurge(undefined, {}), /nothing to purge is named: give one of/],
    [() => cachePurge(undefined, { all: true, tag: 'a' }), /2 things to purge are named/],
    [() => cachePurge('/a', {}), /give a whole URL/],
    [() => cacheList({ limit: 'x' }), /'--limit' is "x"/],
    [() => cacheStats({ socket: '/nowhere.sock' }), /reach a cache at \/nowhere\.sock: there is no such socket/],
    [() => cacheStats({ socket: 'package.json' }), /reach a cache at package\.json: (?:that is no socket|nobody)/],
    [() => cacheStats({ port: '1', socket: 'x' }), /leave one of them out/],
  ]

  for (const [slip, says] of slips) await assert.rejects(slip, says)
  const unknown = await runCli(['cache', 'purg'])
  const none = await runCli(['cache'])

  assert.match(unknown.stderr, /Did you mean purge/)
  assert.match(none.stderr, /Usage: sallyport cache <command>/)
  assert.deepEqual([unknown.code, none.code], [2, 2])
  assert.match(await visit('/a'), /; hit/)
})

test('answers on disk survive a restart', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'sp-disk-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const flags = ['--cache-dir', join(dir, 'cache'), '--cache-dir-size', '10MiB', '--header-up', 'Host: site.test']
  const first = await startCaching(t, flags)
  const port = new URL(first.url).port
  await first.visit('/a')
  await first.stop()

  const second = await startCaching(t, [...flags, '--listen', `127.0.0.1:${port}`])

  assert.match(second.output(), /cache: 128 MiB of memory, 10 MiB in .*cache/)
  assert.match(await second.visit('/a'), /; hit/)
  assert.equal(second.origin.requests.length, 0)
})

test('Redis that is away is said once, without its password, and the proxy serves on', async (t) => {
  process.env.SALLYPORT_REDIS_URL = 'redis://:hunter2@127.0.0.1:1/0'
  t.after(() => {
    delete process.env.SALLYPORT_REDIS_URL
  })

  const { output, visit } = await startCaching(t, ['--cache', '--cache-redis'])
  const said = [await visit('/a'), await visit('/a')]
  await until(() => output().includes('warning: cache: Redis is away'), output)

  assert.match(said[0] ?? '', /stored/)
  assert.match(said[1] ?? '', /; hit/)
  assert.match(output(), /cache: 128 MiB of memory, Redis at 127\.0\.0\.1:1 /)
  assert.equal(output().match(/Redis is away/g)?.length, 1)
  assert.doesNotMatch(output(), /hunter2/)
})
