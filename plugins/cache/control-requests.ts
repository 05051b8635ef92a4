import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { normalizeUrl } from '../../src/cache/key.ts'
import { compileKey } from '../../src/cache/key-options.ts'
import { ageOf } from '../../src/cache/reuse.ts'
import type { Listed, PurgeTarget } from '../../src/cache/store.ts'
import type { Clock } from '../../src/contract/clock.ts'
import { flag, knownKeys, OptionError } from '../../src/contract/options.ts'
import type { HttpCache } from './index.ts'

/** Bytes of content of a request. */
const mostContent = 64 * 1024
/** Entries looked at before other work has its turn. */
const turn = 500

/** An entry as `GET /list` tells it. Nothing of the request that it was made for: that may be secret. */
export interface ListedLine {
  readonly url: string
  readonly status: number
  /** Bytes of content. */
  readonly size: number
  /** Seconds. */
  readonly age: number
  /** Seconds; negative: stale for so long. */
  readonly freshFor: number
  /** Names of the request fields that it varies by. */
  readonly vary: readonly string[]
  readonly tags: readonly string[]
  readonly store: string
}

/** What `POST /purge`, `GET /list` and `GET /stats` do. `may` says whether a request is let in at all. */
export function answerControl(
  cache: HttpCache,
  clock: Clock,
  may: (request: IncomingMessage) => boolean,
): RequestListener {
  return function onRequest(request, response) {
    response.on('error', () => {})
    request.on('error', () => {})
    if (!may(request)) {
      response.setHeader('WWW-Authenticate', 'Bearer')
      tell(response, 401, { error: "the token is missing or wrong: send it as 'Authorization: Bearer TOKEN'" })
      return
    }
    handle(cache, clock, request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy()
      else if (error instanceof OptionError) tell(response, 400, { error: error.message })
      else tell(response, 500, { error: 'something went wrong' })
    })
  }
}

async function handle(
  cache: HttpCache,
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2)
  const method = methods[path]
  if (method === undefined) {
    tell(response, 404, { error: 'there are POST /purge, GET /list and GET /stats' })
  } else if (request.method !== method) {
    response.setHeader('Allow', method)
    tell(response, 405, { error: `${path} takes ${method}` })
  } else if (path === '/stats') {
    tell(response, 200, cache.stats())
  } else if (path === '/list') {
    await list(cache, clock, new URLSearchParams(query), response)
  } else {
    const { target, soft } = readPurge(await contentOf(request))
    tell(response, 200, { purged: await cache.purge(target, { soft }) })
  }
}

const methods: Readonly<Record<string, string | undefined>> = { '/purge': 'POST', '/list': 'GET', '/stats': 'GET' }

function readPurge(content: string): { readonly target: PurgeTarget; readonly soft: boolean } {
  const right = 'give an object with one of url, prefix, tag, all: true'
  let given: Record<string, unknown>
  try {
    given = JSON.parse(content)
  } catch {
    throw new OptionError('content', content.slice(0, 80), `it is no JSON; ${right}`)
  }
  knownKeys('', given, ['url', 'prefix', 'tag', 'all', 'soft'])
  const soft = flag('soft', given.soft as boolean | undefined, false)
  const [key, ...more] = Object.keys(given).filter((one) => one !== 'soft')
  if (key === undefined || more.length > 0) throw new OptionError('content', given, right)
  const value = given[key]
  if (key === 'all') {
    if (value !== true) throw new OptionError('all', value, 'give true')
    return { target: { all: true }, soft }
  }
  if (typeof value !== 'string' || value === '') throw new OptionError(key, value, 'give a text')
  if (key === 'tag') return { target: { tag: value }, soft }
  const url = absolute(key, value)
  return { target: key === 'url' ? { url } : { prefix: url }, soft }
}

const plain = compileKey('key', undefined)

/** As the stores know it: host in lower case, no port that is the scheme's own. */
function absolute(option: string, url: string): string {
  const normal = normalizeUrl(plain, url)
  if (normal !== undefined) return normal
  throw new OptionError(option, url, "give a whole URL as visitors ask for it, such as 'http://example.com/news'")
}

async function list(cache: HttpCache, clock: Clock, query: URLSearchParams, response: ServerResponse): Promise<void> {
  for (const key of query.keys()) knownKeys('', { [key]: query.get(key) }, ['limit', 'prefix'])
  const given = query.get('prefix')
  const prefix = given === null ? '' : absolute('prefix', given)
  const limit = readLimit(query.get('limit'))
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' })
  let looked = 0
  let told = 0
  for await (const one of cache.list()) {
    if (response.destroyed || told === limit) break
    if (++looked % turn === 0) await setImmediate()
    if (!one.head.url.startsWith(prefix)) continue
    told++
    if (!response.write(`${JSON.stringify(lineOf(one, clock.wall()))}\n`)) await drained(response)
  }
  response.end()
}

function readLimit(text: string | null): number {
  if (text === null) return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new OptionError('limit', text, 'give a whole number above 0')
}

function lineOf({ head, size, store }: Listed, now: number): ListedLine {
  const age = ageOf(head, now)
  return {
    url: head.url,
    status: head.status,
    size,
    age: Math.floor(age / 1000),
    freshFor: Math.floor((head.lifetime - age) / 1000),
    vary: head.vary.filter((_, i) => i % 2 === 0),
    tags: head.tags,
    store,
  }
}

/** Until there is room, or nobody reads any more. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      response.off('drain', end)
      response.off('close', end)
      resolve()
    }
    response.on('drain', end)
    response.on('close', end)
  })
}

async function contentOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostContent) throw new OptionError('content', undefined, `give at most ${mostContent} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tell(response: ServerResponse, status: number, content: object): void {
  const text = `${JSON.stringify(content)}\n`
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    ...(status >= 400 ? { Connection: 'close' } : {}),
  })
  response.end(text)
}
