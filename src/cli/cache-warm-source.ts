import { createReadStream } from 'node:fs'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { readSitemap, type Sitemap } from './cache-sitemap.ts'
import { reasonOf, type WarmClient } from './cache-warm-client.ts'
import { CliError, exitCodes } from './errors.ts'
import { harmless } from './readable.ts'

/** URLs to warm in one run: what the sitemap protocol allows in one file. */
export const mostUrls = 50_000
const mostSitemaps = 1_000
/** Bytes of one file, unpacked: the protocol allows 50 MiB. */
const mostBytes = 50 * 1024 ** 2
/** Bytes that tell what a file is. */
const headBytes = 64
const longestLine = 64 * 1024

export interface WarmSource {
  /** Each once, in their order; at most `mostUrls`. */
  readonly urls: readonly URL[]
  /** True where there were more. */
  readonly isCut: boolean
  /** What stood there as a URL and is none. */
  readonly bad: readonly string[]
}

/**
 * Reads the URLs of a sitemap, of the sitemaps that an index names (one level), or of a file with one on each line; plain or
 * packed by gzip. A URL is asked for through `client`, anything else is a file. `base` is what a path alone is a path of.
 * @throws CliError that names the file and what is wrong with it
 */
export async function readWarmSource(source: string, client: WarmClient, base: URL): Promise<WarmSource> {
  const isUrl = /^https?:\/\//i.test(source)
  const first = await readOne(source, isUrl ? source : undefined, client, base)
  const pages = first.pages
  for (const child of first.sitemaps.slice(0, mostSitemaps)) {
    if (pages.length > mostUrls) break
    // An index in an index is against the protocol: what it names is left out.
    for (const page of (await readOne(child, child, client, base)).pages) pages.push(page)
  }
  const urls = new Map<string, URL>()
  const bad: string[] = []
  for (const page of pages) {
    const url = toUrl(page, base)
    if (url === undefined) bad.push(page)
    else if (urls.size <= mostUrls) urls.set(url.href, url)
  }
  if (urls.size === 0) {
    const hint = bad.length === 0 ? '' : `: ${JSON.stringify(bad[0])} is none`
    throw new CliError(exitCodes.failedStart, `${source} names no URL${hint}`)
  }
  return { urls: [...urls.values()].slice(0, mostUrls), isCut: urls.size > mostUrls, bad }
}

/** @param place the URL to ask for; undefined: `name` is a file */
async function readOne(name: string, place: string | undefined, client: WarmClient, base: URL): Promise<Sitemap> {
  let raw: Readable | undefined
  try {
    raw = place === undefined ? createReadStream(name) : await ask(place, client, base)
    const packed = await peek(raw)
    const isPacked = packed.head[0] === 0x1f && packed.head[1] === 0x8b
    const { head, all } = isPacked ? await peek(pipeline(Readable.from(packed.all), createGunzip(), () => {})) : packed
    const isXml = /^\ufeff?\s*</.test(head.toString('utf8'))
    return isXml
      ? await readSitemap(bounded(all), mostUrls + 1)
      : { pages: await readLines(bounded(all)), sitemaps: [] }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CliError(
      exitCodes.failedStart,
      `cannot read ${harmless(name)}: ${reasons[code ?? ''] ?? reasonOf(error)}`,
    )
  } finally {
    raw?.destroy()
  }
}

async function ask(place: string, client: WarmClient, base: URL): Promise<Readable> {
  const url = toUrl(place, base)
  if (url === undefined) throw new Error('that is no http or https URL')
  const { status, content } = await client.get(url)
  const stream = Readable.from(content)
  if (status === 200) return stream
  stream.destroy()
  throw new Error(`${base.origin} answers ${status}`)
}

/** The first bytes, and all of it with them. */
async function peek(source: AsyncIterable<Buffer>): Promise<{ head: Buffer; all: AsyncIterable<Buffer> }> {
  const rest = source[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  while (head.length < headBytes) {
    const next = await rest.next()
    if (next.done === true) break
    head = Buffer.concat([head, next.value])
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield head
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
  }
  return { head, all: all() }
}

async function* bounded(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of content) {
    size += chunk.length
    if (size > mostBytes) throw new Error('it has more than 50 MiB')
    yield chunk
  }
}

/** One URL on each line; what begins with `#` is for people. */
async function readLines(content: AsyncIterable<Buffer>): Promise<string[]> {
  const found: string[] = []
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of content) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() as string
    if (rest.length > longestLine) throw new Error('it is no sitemap and no list of URLs: a line is far too long')
    for (const line of lines) take(line)
  }
  take(rest + decoder.decode())
  return found

  function take(line: string): void {
    const url = line.trim()
    if (url !== '' && !url.startsWith('#') && found.length <= mostUrls) found.push(url)
  }
}

/** A whole URL, or a path of the proxy's own. */
function toUrl(text: string, base: URL): URL | undefined {
  const url = text.startsWith('/') ? URL.parse(text, base) : URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
  Z_DATA_ERROR: 'its gzip is broken',
  Z_BUF_ERROR: 'its gzip breaks off',
}
