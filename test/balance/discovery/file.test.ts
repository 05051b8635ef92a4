import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { createDiscovery, readDiscovery } from '../../../src/balance/discovery/discovery.ts'
import { parseList } from '../../../src/balance/discovery/parse-list.ts'
import { systemClock } from '../../../src/contract/clock.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'
import { listening } from './listening.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sallyport-discovery-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Watched with the machine's clock; the slow look so rare that only the watch can be what sees a change. */
async function watching(t: TestContext, file: string, events = 1, interval = '1h') {
  const discovery = createDiscovery(readDiscovery('discover', { file, interval }), {
    clock: systemClock,
    random: () => 0,
  })
  t.after(() => discovery.close())
  const heard = listening()
  discovery.start(heard)
  await until(() => heard.events.length === events, 'the first answer')
  return { discovery, heard }
}

/** Looked at only when told; the clock stands. */
async function still(t: TestContext, file: string) {
  const clock = fakeClock()
  const discovery = createDiscovery(readDiscovery('discover', { file }), { clock, random: () => 0 })
  t.after(() => discovery.close())
  const heard = listening()
  discovery.start(heard)
  await until(() => heard.events.length === 1, 'the first answer')
  return { clock, discovery, heard }
}

test('a YAML and a JSON file give the same list', async (t) => {
  const path = folder(t)
  const list = ['http://a:1', { url: 'https://b', weight: 2, tls: { servername: 'b.test' } }]
  const expected = [{ url: 'http://a:1' }, list[1]]
  const texts = {
    'a.json': `\uFEFF${JSON.stringify(list)}`,
    'a.yaml': '# ours\n- http://a:1\n- url: https://b\n  weight: 2\n  tls: { servername: b.test }\n',
    'a.conf': JSON.stringify(list),
  }
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(path, name), text)

    const { heard } = await still(t, join(path, name))

    assert.deepEqual(heard.lists, [expected])
  }
})

test('a file that is written to, and one that is replaced by a rename, again and again, is read', async (t) => {
  const file = join(folder(t), 'upstreams.yaml')
  writeFileSync(file, '- http://a')
  const { heard } = await watching(t, file)

  for (const [i, write] of [writeFileSync, replace, replace, writeFileSync, replace].entries()) {
    write(file, `- http://a${i}`)

    await until(() => heard.last[0] === `http://a${i}`, `change ${i}`)
  }

  assert.equal(heard.lists.length, 6)
  assert.deepEqual(heard.failures, [])
})

test('a ConfigMap that is swapped by its ..data link is read', async (t) => {
  const path = folder(t)
  const volume = (name: string, text: string): void => {
    mkdirSync(join(path, name))
    writeFileSync(join(path, name, 'upstreams.yaml'), text)
    symlinkSync(name, join(path, '..data_tmp'))
    renameSync(join(path, '..data_tmp'), join(path, '..data'))
  }
  volume('..2026_1', '- http://a')
  symlinkSync(join('..data', 'upstreams.yaml'), join(path, 'upstreams.yaml'))
  const { heard } = await watching(t, join(path, 'upstreams.yaml'))

  volume('..2026_2', '- http://b')
  rmSync(join(path, '..2026_1'), { recursive: true })
  await until(() => heard.last[0] === 'http://b', 'the second volume')
  volume('..2026_3', '- http://c')
  await until(() => heard.last[0] === 'http://c', 'the third volume')

  assert.deepEqual(heard.failures, [])
})

test('a write in pieces is read when it is over', async (t) => {
  const file = join(folder(t), 'upstreams.yaml')
  writeFileSync(file, '- http://a')
  const { heard } = await watching(t, file)

  // Truncated, then a line every 20 ms: as a whole longer than the quiet that is waited for.
  const script = `const fs=require('node:fs');const f=fs.openSync(process.argv[1],'w');let i=0;
    const t=setInterval(()=>{fs.writeSync(f,'- http://b'+i+'\\n');if(++i===10){clearInterval(t);fs.closeSync(f)}},20)`
  await promisify(execFile)(process.execPath, ['-e', script, file])
  await until(() => heard.last.length === 10, 'the whole list')

  assert.deepEqual(heard.failures, [])
  assert.equal(heard.lists.length, 2)
})

test('text that is no list keeps the last one, says what is wrong with it, and a good one ends it', async (t) => {
  const file = join(folder(t), 'upstreams.yaml')
  for (const [text, reason] of [
    ['- http://b\n- [', /upstreams\.yaml: .*line 2/s],
    ['- url: http://b\n  wieght: 2', /'upstreams\[0\]\.wieght'.*Did you mean 'weight'/],
    ['', /it is empty; write \[\]/],
    ['- http://b\n- http://b', /in the list already/],
    ['http://b', /give a list/],
    [Buffer.from([0x2d, 0x20, 0xff, 0xfe]), /encoded data was not valid/],
    [`- http://b\n#${'x'.repeat(1024 ** 2)}`, /larger than 1048576 bytes/],
    ['['.repeat(100_000), /upstreams\.yaml: /],
    [
      'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]',
      /alias/,
    ],
  ] as [string | Buffer, RegExp][]) {
    writeFileSync(file, '- http://a')
    const { discovery, heard } = await still(t, file)

    writeFileSync(file, text)
    await discovery.refresh()
    await discovery.refresh()
    assert.deepEqual(heard.events, ['list', 'failed'])
    assert.match(heard.failures[0]?.message ?? '', reason)
    writeFileSync(file, '- http://c')
    await discovery.refresh()

    assert.deepEqual(heard.events, ['list', 'failed', 'list', 'recovered'])
  }
})

test('ten thousand upstreams are read', async (t) => {
  const file = join(folder(t), 'upstreams.yaml')
  writeFileSync(file, Array.from({ length: 10_000 }, (_, i) => `- url: http://h${i}\n  weight: 2`).join('\n'))

  const { heard } = await still(t, file)

  assert.equal(heard.last.length, 10_000)
})

test('a text that takes too long is given up while others are served, and one that is being read at close is', async (t) => {
  const file = join(folder(t), 'upstreams.yaml')
  writeFileSync(file, '&a '.repeat(100_000))
  const reading = { clock: fakeClock(), signal: new AbortController().signal }

  const late = assert.rejects(parseList(file, readFileSync(file), reading), /no answer within 10000 ms/)
  reading.clock.advance(10_000)
  await late
  const abort = new AbortController()
  const ended = assert.rejects(parseList(file, readFileSync(file), { ...reading, signal: abort.signal }), {
    code: 'ABORTED',
  })
  abort.abort()
  await ended

  assert.equal(reading.clock.pending, 0)
})

test('a list that is empty outright is passed on as such', async (t) => {
  const file = join(folder(t), 'upstreams.json')
  writeFileSync(file, '[]')

  const { heard } = await still(t, file)

  assert.deepEqual(heard.lists, [[]])
})

test('a file that is deleted is a failure, and it is read when it comes back', async (t) => {
  const file = join(folder(t), 'upstreams.yaml')
  writeFileSync(file, '- http://a')
  const { heard } = await watching(t, file)

  rmSync(file)
  await until(() => heard.failures.length === 1, 'the failure')
  assert.match(heard.failures[0]?.message ?? '', /ENOENT/)
  writeFileSync(file, '- http://b')
  await until(() => heard.events.includes('recovered'), 'the file')

  assert.deepEqual(heard.events, ['list', 'failed', 'list', 'recovered'])
  assert.deepEqual(heard.last, ['http://b'])
})

test('a directory that is not there yet, goes and comes back, is watched', async (t) => {
  const path = join(folder(t), 'later')
  const file = join(path, 'upstreams.yaml')
  const { heard } = await watching(t, file, 1, '50ms')
  assert.match(heard.failures[0]?.message ?? '', /ENOENT/)

  for (const name of ['http://a', 'http://b']) {
    mkdirSync(path)
    writeFileSync(file, `- ${name}`)
    await until(() => heard.last[0] === name, name)
    rmSync(path, { recursive: true })
    const failures = name === 'http://a' ? 2 : 3
    await until(() => heard.failures.length === failures, `failure ${failures}`)
  }
})

test('a change that the system tells nothing of is seen at the next interval', async (t) => {
  const path = folder(t)
  mkdirSync(join(path, 'elsewhere'))
  const target = join(path, 'elsewhere', 'upstreams.yaml')
  writeFileSync(target, '- http://a')
  mkdirSync(join(path, 'here'))
  symlinkSync(target, join(path, 'here', 'upstreams.yaml'))
  const { clock, heard } = await still(t, join(path, 'here', 'upstreams.yaml'))
  replace(target, '- http://b')

  clock.advance(4999)
  assert.equal(heard.lists.length, 1)
  await until(() => clock.pending === 1, 'the timer')
  clock.advance(1)

  await until(() => heard.last[0] === 'http://b', 'the change')
})

test('what is no file is a failure, and a named pipe hangs nothing', async (t) => {
  const path = folder(t)
  const pipe = join(path, 'pipe')
  await promisify(execFile)('mkfifo', [pipe])

  for (const file of [path, pipe]) {
    const { heard } = await still(t, file)

    assert.match(heard.failures[0]?.message ?? '', /no regular file/)
  }
})

test('a file of the same size and time as the one before is told from it', async (t) => {
  const file = join(folder(t), 'upstreams.yaml')
  const time = new Date('2026-01-01')
  writeFileSync(file, '- http://a')
  utimesSync(file, time, time)
  const { discovery, heard } = await still(t, file)
  await discovery.refresh()

  writeFileSync(`${file}.new`, '- http://b')
  utimesSync(`${file}.new`, time, time)
  renameSync(`${file}.new`, file)
  await discovery.refresh()

  assert.deepEqual(heard.last, ['http://b'])
})

test('a busy directory does not keep a change from being read', async (t) => {
  const path = folder(t)
  const file = join(path, 'upstreams.yaml')
  writeFileSync(file, '- http://a')
  const { heard } = await watching(t, file)
  const noise = setInterval(() => writeFileSync(join(path, 'log'), 'x'), 10)
  t.after(() => clearInterval(noise))

  writeFileSync(file, '- http://b')

  await until(() => heard.last[0] === 'http://b', 'the change')
})

test('close ends the watch and every timer, and nothing is heard after it', async (t) => {
  const path = folder(t)
  const file = join(path, 'upstreams.yaml')
  writeFileSync(file, '- http://a')
  const watches = (): number => process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length
  const before = watches()
  const { clock, discovery, heard } = await still(t, file)
  writeFileSync(file, '- http://b')
  await until(() => clock.pending === 2, 'the timer of the change')

  discovery.close()
  clock.advance(60_000)

  assert.deepEqual(
    { events: heard.events, pending: clock.pending, watches: watches() },
    { events: ['list'], pending: 0, watches: before },
  )
})

function replace(file: string, text: string): void {
  writeFileSync(`${file}.tmp`, text)
  renameSync(`${file}.tmp`, file)
}
