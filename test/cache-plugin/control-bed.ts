import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import cache, { type CacheOptions } from '../../plugins/cache/index.ts'
import { startOrigin, startProxy, type TestProxy } from '../support/app.ts'
import type { TestOrigin } from '../support/origin.ts'

export interface Said {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

export interface Ask {
  readonly method?: string
  readonly content?: unknown
  readonly headers?: http.OutgoingHttpHeaders
}

/** Asks a control at the path of its socket, or at `http://HOST:PORT`. */
export async function ask(at: string, path: string, { method = 'GET', content, headers }: Ask = {}): Promise<Said> {
  const place = at.startsWith('http:') ? { host: new URL(at).hostname, port: new URL(at).port } : { socketPath: at }
  const request = http.request({ ...place, path, method, agent: false, ...(headers === undefined ? {} : { headers }) })
  request.end(content === undefined ? undefined : typeof content === 'string' ? content : JSON.stringify(content))
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
  return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) }
}

/** A folder that is gone after the test. */
export async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sp-control-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export interface Cached extends TestProxy {
  readonly origin: TestOrigin
}

/** A proxy with a cache in front of an origin whose answers are fresh for a minute, tagged by the first part of their path. */
export async function startCached(t: TestContext, options: CacheOptions, server: object = {}): Promise<Cached> {
  const origin = await startOrigin(t, (request, response) => {
    response.writeHead(200, {
      'Cache-Control': 'max-age=60',
      'Cache-Tag': (request.url ?? '').split('/')[1],
      Vary: 'X-Secret',
    })
    response.end(`content of ${request.url}`)
  })
  const proxy = await startProxy(t, {
    server,
    setup: (app) => app.register(cache, options),
    reverse: { upstream: origin.url },
  })
  return { ...proxy, origin }
}

/** Gets a page through the proxy; what Cache-Status says of it. */
export async function visit(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(url, { headers })
  await response.arrayBuffer()
  return response.headers.get('cache-status') ?? ''
}
