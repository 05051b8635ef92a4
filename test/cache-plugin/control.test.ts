import assert from 'node:assert/strict'
import { stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import Fastify from 'fastify'
import cache, { type ControlOptions } from '../../plugins/cache/index.ts'
import { OptionError } from '../../src/contract/options.ts'
import { startChild } from '../support/child.ts'
import { until } from '../support/until.ts'
import { ask, folderOf, startCached, visit } from './control-bed.ts'

const token = 'a-token-of-24-characters'
const bearer = { authorization: `Bearer ${token}` }

test('a URL, a prefix, a tag and everything are purged over the socket; each answer says how many', async (t) => {
  const path = join(await folderOf(t), 'c.sock')
  const { url } = await startCached(t, { control: { path } })
  const purge = async (content: object): Promise<unknown> =>
    JSON.parse((await ask(path, '/purge', { method: 'POST', content })).text)
  for (const page of ['/a/1', '/a/2', '/b/1', '/b/2', '/c/1']) await visit(url + page)

  assert.deepEqual(await purge({ url: `${url}/a/1` }), { purged: 1 })
  assert.deepEqual(await purge({ prefix: `${url.toUpperCase().replace('HTTP', 'http')}/a/` }), { purged: 1 })
  assert.deepEqual(await purge({ tag: 'b' }), { purged: 2 })
  assert.match(await visit(`${url}/c/1`), /; hit/)
  assert.deepEqual(await purge({ all: true }), { purged: 1 })
  assert.match(await visit(`${url}/c/1`), /fwd=uri-miss/)
})

test('a soft purge leaves the entry, stale', async (t) => {
  const path = join(await folderOf(t), 'c.sock')
  const { url } = await startCached(t, { control: { path } })
  await visit(`${url}/a`)

  const said = await ask(path, '/purge', { method: 'POST', content: { url: `${url}/a`, soft: true } })
  const line = JSON.parse((await ask(path, '/list')).text)

  assert.equal(said.text, '{"purged":1}\n')
  assert.ok(line.freshFor <= 0)
  assert.match(await visit(`${url}/a`), /fwd=stale/)
})

test('the list is a line for each entry, by prefix and up to a limit, and tells nothing of who asked', async (t) => {
  const path = join(await folderOf(t), 'c.sock')
  const { url } = await startCached(t, { control: { path } })
  for (const page of ['/a/1', '/a/2', '/b/1']) await visit(url + page, { 'X-Secret': 'hunter2' })

  const all = await ask(path, '/list')
  const some = await ask(path, `/list?prefix=${encodeURIComponent(`${url}/a/`)}`)
  const one = await ask(path, '/list?limit=1')

  const lines = all.text.trimEnd().split('\n')
  assert.equal(all.headers['content-type'], 'application/x-ndjson')
  assert.deepEqual(lines.map((line) => JSON.parse(line).url).sort(), [`${url}/a/1`, `${url}/a/2`, `${url}/b/1`])
  const { age, freshFor, ...rest } = JSON.parse(lines.find((line) => line.includes('/b/1')) ?? '')
  assert.ok(age <= 2 && freshFor >= 57 && freshFor <= 60)
  const expected = { url: `${url}/b/1`, status: 200, size: 15, vary: ['x-secret'], tags: ['b'], store: 'memory' }
  assert.deepEqual(rest, expected)
  assert.equal(some.text.trimEnd().split('\n').length, 2)
  assert.equal(one.text.trimEnd().split('\n').length, 1)
  assert.doesNotMatch(all.text, /hunter2/)
})

test('the statistics are those of app.httpCache', async (t) => {
  const path = join(await folderOf(t), 'c.sock')
  const { url, app } = await startCached(t, { control: { path } })
  await visit(`${url}/a`)
  await visit(`${url}/a`)

  const said = JSON.parse((await ask(path, '/stats')).text)

  assert.deepEqual(said, JSON.parse(JSON.stringify(app.httpCache.stats())))
  assert.equal(said.requests.hits, 1)
})

test('what is wrong is refused in plain words, and nothing is purged', async (t) => {
  const path = join(await folderOf(t), 'c.sock')
  const { url } = await startCached(t, { control: { path } })
  await visit(`${url}/a`)
  const wrong: readonly [content: unknown, says: RegExp][] = [
    ['{', /no JSON/],
    ['[]', /give an object/],
    [{}, /one of url, prefix, tag/],
    [{ url: '/a' }, /give a whole URL/],
    [{ prefix: '' }, /give a text/],
    [{ url: `${url}/a`, tag: 'a' }, /one of url, prefix, tag/],
    [{ urll: `${url}/a` }, /Did you mean 'url'/],
    [{ all: false }, /give true/],
    [{ all: true, soft: 'yes' }, /give true or false/],
    [{ tag: 7 }, /give a text/],
    ['x'.repeat(70_000), /at most 65536 bytes/],
  ]

  for (const [content, says] of wrong) {
    const said = await ask(path, '/purge', { method: 'POST', content })
    assert.equal(said.status, 400, said.text)
    assert.match(JSON.parse(said.text).error, says)
  }
  for (const query of ['limit=0', 'limit=x', 'prefix=x', 'lines=1']) {
    assert.equal((await ask(path, `/list?${query}`)).status, 400, query)
  }
  const get = await ask(path, '/purge')
  assert.equal(get.status, 405)
  assert.equal(get.headers.allow, 'POST')
  assert.equal((await ask(path, '/')).status, 404)
  assert.equal((await ask(path, '/__proto__')).status, 404)
  assert.match(await visit(`${url}/a`), /; hit/)
})

test('section 6.C 113: no proxied path leads to the control, and PURGE is a method like others', async (t) => {
  const path = join(await folderOf(t), 'c.sock')
  const { url, origin } = await startCached(t, { control: { path } })
  await visit(`${url}/a`)
  const before = origin.requests.length

  for (const page of ['/purge', '/list', '/stats']) {
    const method = page === '/purge' ? 'POST' : 'GET'
    const response = await fetch(url + page, { method, ...(method === 'POST' ? { body: '{"all":true}' } : {}) })
    assert.equal(await response.text(), `content of ${page}`)
  }
  await (await fetch(`${url}/other`, { method: 'PURGE' })).text()

  assert.equal(origin.requests.length, before + 4)
  assert.match(await visit(`${url}/a`), /; hit/)
})

test('the socket is for this user alone, and is gone when the app is closed', async (t) => {
  const path = join(await folderOf(t), 'c.sock')
  const { app } = await startCached(t, { control: { path } })

  const { mode } = await stat(path)
  await app.close()

  assert.equal(mode & 0o777, 0o600)
  await assert.rejects(stat(path), { code: 'ENOENT' })
})

test('what a killed process left is taken over; what somebody answers at, and what is no socket, is not', async (t) => {
  const folder = await folderOf(t)
  const [left, taken, file] = ['left', 'taken', 'file'].map((name) => join(folder, name)) as [string, string, string]
  const script = join(folder, 'child.mjs')
  await writeFile(script, `(await import('node:net')).createServer().listen('${left}', () => console.log('up'))`)
  const child = startChild(script)
  await child.says(/up/)
  await child.stop('SIGKILL')
  const other = createServer((socket) => socket.destroy()).listen(taken)
  t.after(() => other.close())
  await writeFile(file, 'precious')

  await startCached(t, { control: { path: left } })

  assert.equal((await ask(left, '/stats')).status, 200)
  await assert.rejects(startCached(t, { control: { path: taken } }), /taken is in use by another process/)
  await assert.rejects(startCached(t, { control: { path: file } }), /file is there, and is no socket/)
  const nowhere = join(folder, 'no', 'c.sock')
  await assert.rejects(startCached(t, { control: { path: nowhere } }), /there is no such folder/)
})

test('a port wants the token, and says no otherwise', async (t) => {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk))
      done()
    },
  })
  await startCached(t, { control: { port: 0, token } }, { logger: { stream } })
  await until(() => lines.some((line) => line.includes('controlled at')), 'where it listens')
  const [at = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(lines.join('')) ?? []

  const right = await ask(at, '/stats', { headers: bearer })
  const without = await ask(at, '/stats')
  const wrong = await ask(at, '/purge', {
    method: 'POST',
    content: { all: true },
    headers: { authorization: `Bearer ${token.slice(0, -1)}X` },
  })

  assert.equal(right.status, 200)
  for (const { status, headers } of [without, wrong]) {
    assert.equal(status, 401)
    assert.equal(headers['www-authenticate'], 'Bearer')
  }
  assert.doesNotMatch(lines.join(''), new RegExp(token))
})

test('an option that cannot work is refused at boot, without the token', async () => {
  const wrong: readonly [options: unknown, says: RegExp][] = [
    [{}, /'control' is an object: give \{ path/],
    [true, /give an object/],
    [{ path: '' }, /give a path/],
    [{ path: `/tmp/${'x'.repeat(100)}` }, /90 bytes/],
    [{ path: '/tmp/x', port: 1 }, /take a socket or a port/],
    [{ port: 8090 }, /'control\.token' is missing/],
    [{ port: 8090, token: 'hunter2' }, /at least 16/],
    [{ port: 8090, token: 'hunter2 hunter2 hunter2' }, /visible ASCII/],
    [{ port: 99999, token }, /at most 65535/],
    [{ port: 8090, token, host: '0.0.0.0' }, /others can reach it/],
    [{ port: 8090, tokenn: 'hunter2hunter2hunter2' }, /Did you mean 'token'/],
  ]
  for (const [control, says] of wrong) {
    const app = Fastify()
    await assert.rejects(
      async () => app.register(cache, { control: control as ControlOptions }),
      (error: Error) => {
        assert.ok(error instanceof OptionError, String(error))
        assert.match(error.message, says)
        assert.doesNotMatch(error.message, /hunter2/)
        return true
      },
    )
    await app.close()
  }
})

test('a client that leaves in the middle of a list ends it, and the app closes at once', async (t) => {
  const path = join(await folderOf(t), 'c.sock')
  const { app, url } = await startCached(t, { control: { path } })
  for (let i = 0; i < 50; i++) await visit(`${url}/a/${i}`)
  const socket = (await import('node:net')).connect(path)
  socket.write('GET /list HTTP/1.1\r\nHost: x\r\n\r\n')
  await new Promise((resolve) => socket.once('data', resolve))

  socket.destroy()
  await app.close()

  await assert.rejects(ask(path, '/stats'), /ENOENT/)
})
