import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { cacheWarm } from '../../src/cli/cache-warm.ts'
import { type Progress, showProgress } from '../../src/cli/cache-warm-progress.ts'
import { createTally } from '../../src/cli/cache-warm-tally.ts'
import type { CliError } from '../../src/cli/errors.ts'
import { OptionError } from '../../src/contract/options.ts'
import { startOrigin, type TestOrigin } from '../support/origin.ts'
import { until } from '../support/until.ts'
import { ownRuntimeFolder, startCaching } from './cache-bed.ts'
import { type Ended, runCli } from './run-cli.ts'

ownRuntimeFolder()

const usual = { concurrency: '8', timeout: '5s', maxTime: '1m' }

const sitemap = (...urls: string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls.map((url) => `<url><loc>${url}</loc></url>`).join('\n')}</urlset>`
const index = (...urls: string[]): string =>
  `<sitemapindex>${urls.map((url) => `<sitemap><loc>${url}</loc></sitemap>`).join('')}</sitemapindex>`

async function fileOf(t: TestContext, content: string | Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sp-warm-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'urls')
  await writeFile(file, content)
  return file
}

async function originOf(t: TestContext, answer: RequestListener): Promise<TestOrigin> {
  const origin = await startOrigin(answer)
  t.after(() => origin.close())
  return origin
}

/** A stand-in for a proxy with a cache: what it is asked for is told by `requests`. */
function site(t: TestContext, files: Readonly<Record<string, string | Buffer>>): Promise<TestOrigin> {
  return originOf(t, (request, response) => {
    response.setHeader('Cache-Status', 'x; fwd=uri-miss; stored')
    response.end(files[request.url ?? ''] ?? 'a page')
  })
}

const warm = (source: string, to: string, ...args: string[]): Promise<Ended> =>
  runCli(['cache', 'warm', source, '--to', to, ...args])

const asked = ({ requests }: TestOrigin): string[] => requests.map(({ headers, url }) => `${headers.host}${url}`)

test('what a list names is stored; the first visitor gets it from the cache, and a second run finds hits', async (t) => {
  const { url, visit } = await startCaching(t)
  const file = await fileOf(t, `# pages\n/a?x=1\n\n${url}/b\n/none\n/missing\n/a?x=1\nnonsense\n`)

  const first = await warm(file, url)
  const hit = await visit('/a?x=1')
  const second = await warm(file, url)

  assert.equal(first.code, 1)
  assert.match(first.stdout, /^4 URLs in \d+\.\d s, \d+ B$/m)
  assert.match(first.stdout, /^ +stored +2$/m)
  assert.match(first.stdout, /^ +not stored +1 +no-store 1$/m)
  assert.match(first.stdout, /^ +failed +1 +status 404 1$/m)
  assert.match(first.stdout, new RegExp(`^failed: ${url}/missing: status 404$`, 'm'))
  assert.match(first.stderr, /passed over 1 line that is no URL: "nonsense"/)
  assert.match(hit, /; hit/)
  assert.match(second.stdout, /^ +hit +2$/m)
})

test('a sitemap is asked for at the proxy, and each URL under its own host', async (t) => {
  const proxy = await site(t, { '/sitemap.xml': sitemap('https://a.test/1?x=1&amp;y=2', 'http://b.test:81/2') })

  const { code, stdout } = await warm('https://a.test/sitemap.xml', proxy.url)

  assert.equal(code, 0)
  assert.match(stdout, /^ +stored +2$/m)
  assert.deepEqual(asked(proxy).sort(), ['a.test/1?x=1&y=2', 'a.test/sitemap.xml', 'b.test:81/2'])
  const [first] = proxy.requests
  assert.equal(first?.headers['x-forwarded-proto'], 'https')
})

test('an index is followed by one level, at the proxy alone; gzip is unpacked, in a file and on the wire', async (t) => {
  const proxy = await site(t, {
    '/1.xml.gz': gzipSync(sitemap('http://a.test/1')),
    '/2.xml': index('http://a.test/3.xml'),
    '/3.xml': sitemap('http://a.test/3'),
  })
  const file = await fileOf(t, gzipSync(index('http://elsewhere.test/1.xml.gz', 'http://a.test/2.xml')))

  const { code, stderr } = await warm(file, proxy.url)

  assert.equal(code, 0, stderr)
  assert.deepEqual(asked(proxy), ['elsewhere.test/1.xml.gz', 'a.test/2.xml', 'a.test/1'])
})

test('--host and --header are what the pages are asked with', async (t) => {
  const proxy = await site(t, {})
  const file = await fileOf(t, '/a')

  await warm(file, proxy.url, '--host', 'www.a.test', '--header', 'Accept-Language: de', '--header', 'X-A: 1')

  const [request] = proxy.requests
  assert.equal(request?.headers.host, 'www.a.test')
  assert.equal(request?.headers['accept-language'], 'de')
  assert.equal(request?.headers['x-a'], '1')
  assert.equal(request?.headers['accept-encoding'], 'gzip, deflate, br, zstd')
})

test('no more than --concurrency are under way at once', async (t) => {
  let now = 0
  let most = 0
  const proxy = await originOf(t, (_, response) => {
    most = Math.max(most, ++now)
    setTimeout(() => response.end('x', () => now--), 10)
  })
  const file = await fileOf(t, Array.from({ length: 30 }, (_, i) => `/${i}`).join('\n'))

  const { stdout } = await warm(file, proxy.url, '--concurrency', '3')

  assert.equal(most, 3)
  assert.match(stdout, /^ +no Cache-Status +30$/m)
  assert.match(stdout, /Is it a sallyport with --cache/)
})

test('50,000 URLs are taken and no more, each once, and it says so', async (t) => {
  const proxy = await site(t, {})
  const file = await fileOf(t, Array.from({ length: 50_002 }, (_, i) => `http://a.test/${i}`).join('\n'))

  const { stderr } = await warm(file, proxy.url, '--max-time', '50ms')

  assert.match(stderr, /has more than 50000 URLs; the first 50000 are warmed/)
})

test('an end of time ends it, with what was done so far', async (t) => {
  const proxy = await originOf(t, (request, response) => {
    if (request.url === '/0') response.setHeader('Cache-Status', 'x; hit').end('x')
  })
  const file = await fileOf(t, '/0\n/1\n/2\n/3')

  const { code, stdout, stderr } = await warm(file, proxy.url, '--concurrency', '2', '--max-time', '1s')

  assert.equal(code, 1)
  assert.match(stdout, /^ +hit +1$/m)
  assert.match(stderr, /stopped after --max-time 1s: 3 are left/)
})

test('an answer that breaks off or stalls is a failure with its reason', async (t) => {
  const proxy = await originOf(t, (request, response) => {
    response.writeHead(200, { 'Content-Length': '10' })
    response.write('half')
    if (request.url === '/broken') setTimeout(() => response.destroy(), 20)
  })
  const file = await fileOf(t, '/broken\n/stalled')

  const { code, stdout } = await warm(file, proxy.url, '--timeout', '500ms')

  assert.equal(code, 1)
  assert.match(stdout, /^failed: \S+\/broken: the connection broke$/m)
  assert.match(stdout, /^failed: \S+\/stalled: the answer stalled$/m)
})

test('what cannot be read is told, and what is at fault', async (t) => {
  const proxy = await site(t, { '/html': '<html><body><p>hi</body></html>' })
  const missing = await originOf(t, (_, response) => response.writeHead(404).end())
  const xml = '<?xml version="1.0"?>'
  const entity = `${xml}<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><urlset><url><loc>&b;</loc></url></urlset>`
  const cases: readonly [source: string, to: string, says: RegExp][] = [
    ['/no/such/file', proxy.url, /cannot read \/no\/such\/file: there is no such file/],
    [tmpdir(), proxy.url, /it is a folder/],
    [await fileOf(t, ''), proxy.url, /names no URL/],
    [await fileOf(t, 'ftp://a.test/\n'), proxy.url, /names no URL: "ftp:\/\/a\.test\/" is none/],
    [await fileOf(t, `${xml}<urlset><url></urlset>`), proxy.url, /no good XML: Unexpected close tag/],
    [await fileOf(t, entity), proxy.url, /no good XML: Invalid character entity/],
    [await fileOf(t, '<a>'.repeat(1000)), proxy.url, /more than 20 deep/],
    [await fileOf(t, gzipSync(' '.repeat(1024 ** 2))), proxy.url, /a line is far too long/],
    [await fileOf(t, gzipSync(`<urlset>${' '.repeat(60 * 1024 ** 2)}`)), proxy.url, /more than 50 MiB/],
    [await fileOf(t, gzipSync(sitemap('http://a.test/')).subarray(0, -10)), proxy.url, /its gzip breaks off/],
    ['http://a.test/html', proxy.url, /no good XML/],
    ['http://a.test/sitemap.xml', missing.url, /answers 404/],
    ['http://a.test/sitemap.xml', 'http://127.0.0.1:1', /nobody listens at --to/],
    [await fileOf(t, Array.from({ length: 40 }, (_, i) => `/${i}`).join('\n')), 'http://127.0.0.1:1', /first 20 URLs/],
  ]

  for (const [source, to, says] of cases) {
    await assert.rejects(cacheWarm(source, { to, ...usual }), (error: CliError) => {
      assert.match(error.message, says)
      return error.exitCode === 1
    })
  }
})

test('flags that cannot work are bad arguments, named', async () => {
  for (const [flags, says] of [
    [{ to: '8080' }, /'--to' is "8080": give the proxy/],
    [{ to: 'http://a.test/b' }, /without a path/],
    [{ concurrency: '0' }, /--concurrency/],
    [{ host: 'a b' }, /--host/],
    [{ header: ['nonsense'] }, /--header/],
    [{ header: ['Host: a'] }, /take --host/],
    [{ timeout: '0s' }, /--timeout/],
  ] as const) {
    await assert.rejects(cacheWarm('x', { to: 'http://a.test', ...usual, ...flags }), (error: Error) => {
      assert.match(error.message, says)
      return error instanceof OptionError
    })
  }
  const { code, stderr } = await runCli(['cache', 'warm', 'x'])
  assert.match(stderr, /required option '-t, --to <url>'/)
  assert.equal(code, 2)
})

test('a terminal gets a bar; a log gets a line a second', async (t) => {
  const tally = createTally()
  const show = (isTerminal: boolean): { progress: Progress; shown: () => string } => {
    let text = ''
    const stream = new PassThrough().on('data', (chunk) => {
      text += chunk
    })
    const progress = showProgress(tally, 2, stream as unknown as NodeJS.WriteStream, isTerminal)
    return { progress, shown: () => text }
  }
  const [bar, lines] = [show(true), show(false)]
  t.after(() => {
    bar.progress.stop()
    lines.progress.stop()
  })

  tally.answered(new URL('http://a.test/'), 200, 'x; hit', 10)
  bar.progress.update()

  await until(() => /█+░+ 1\/2 {2}0 stored, 1 hits, 0 failed/.test(bar.shown()), bar.shown)
  await until(() => /^(sallyport: 1 of 2: 0 stored, 1 hits, 0 failed\n)+$/.test(lines.shown()), lines.shown)
})

test('the cache nearest to the client is the one that counts, and odd words are no more than words', () => {
  const tally = createTally()
  const url = new URL('http://a.test/')

  tally.answered(url, 200, 'far; hit, near; fwd=uri-miss; stored', 1)
  tally.answered(url, 200, 'far; fwd=miss, near; hit; ttl=3', 1)
  tally.answered(url, 200, 'near; fwd=bypass; detail="\\"quoted\\""', 1)
  tally.answered(url, 200, '"broken', 1)

  const said = tally.long(1000)
  assert.match(said, /stored +1\n/)
  assert.match(said, /hit +1\n/)
  assert.match(said, /not stored +1 +"quoted" 1\n/)
  assert.match(said, /no Cache-Status +1\n/)
})

test('a server that says nothing is not waited for beyond the time', async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.after(() => {
    silent.close()
    silent.closeAllConnections()
  })
  const { port } = silent.address() as { port: number }

  const { code, stderr } = await warm('http://a.test/sitemap.xml', `http://127.0.0.1:${port}`, '--timeout', '300ms')

  assert.equal(code, 1)
  assert.match(stderr, /cannot read http:\/\/a\.test\/sitemap\.xml: .*no answer in time/)
})
