import http from 'node:http'
import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import cache, { type CacheOptions } from '../../plugins/cache/index.ts'
import type { KernelOptions } from '../../plugins/kernel/index.ts'
import type { ReverseProxyOptions } from '../../plugins/reverse-proxy/index.ts'
import { startOrigin, startProxy, type TestProxy } from '../support/app.ts'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import type { TestOrigin } from '../support/origin.ts'
import { until } from '../support/until.ts'

export interface StageOptions {
  readonly cache?: CacheOptions
  readonly reverse?: ReverseProxyOptions | false
  readonly kernel?: KernelOptions
  readonly server?: object
  /** Routes of the app's own, after the cache. */
  readonly setup?: (app: FastifyInstance, origin: TestOrigin) => unknown
}

export interface Stage extends TestProxy {
  readonly origin: TestOrigin
  /** `method url` of what has come to the origin, oldest first, but for OPTIONS. */
  readonly calls: readonly string[]
  /** The time of the proxy and its cache. The origin's `Date` is its own: give none, or one from here. */
  readonly clock: FakeClock
  /** Asks for a path and takes all of the answer. */
  get(path: string, headers?: http.OutgoingHttpHeaders, more?: AskOptions): Promise<Reply>
}

export interface AskOptions {
  readonly method?: string
  readonly body?: string
  /** For the Host field. */
  readonly host?: string
}

/** A proxy with a cache in front of an origin, all of them real; the time of the proxy is the test's. */
export async function stage(
  t: TestContext,
  answer: http.RequestListener,
  { cache: options = {}, reverse, kernel, server = {}, setup }: StageOptions = {},
): Promise<Stage> {
  const clock = fakeClock(Date.now())
  const calls: string[] = []
  const origin = await startOrigin(t, (request, response) => {
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end()
      return
    }
    calls.push(`${request.method} ${request.url}`)
    // A Date of the machine's own clock would age what is stored by the test's.
    response.sendDate = false
    answer(request, response)
  })
  const proxy = await startProxy(t, {
    kernel: { clock, ...kernel },
    server,
    setup: async (app) => {
      await app.register(cache, options)
      await setup?.(app, origin)
    },
    reverse: reverse === false ? false : { upstream: origin.url, ...reverse },
  })
  const get: Stage['get'] = (path, headers, more) => ask(proxy.url + path, headers, more)
  return { ...proxy, origin, calls, clock, get }
}

/** What was sent to the proxy before has been read there: it has answered requests that came later. */
export async function caughtUp(url: string): Promise<void> {
  for (let i = 0; i < 3; i++) await ask(url, {}, { method: 'OPTIONS' })
}

export interface Reply {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly raw: readonly string[]
  readonly text: string
  readonly trailers: NodeJS.Dict<string>
  /** Cache-Status, or nothing. */
  readonly cache: string
  /** Statuses of interim answers. */
  readonly interim: readonly number[]
  /** The connection broke within the content. */
  readonly broken: boolean
}

export function ask(url: string, headers?: http.OutgoingHttpHeaders, more?: AskOptions): Promise<Reply> {
  return begin(url, headers, more).over
}

/** An answer on its way. */
export interface Asked {
  /** After the end, or after a break within the content; rejects where no answer came. */
  readonly over: Promise<Reply>
  readonly status: number
  /** Content so far. */
  readonly text: string
  /** Waits until the content so far has this. */
  says(text: string): Promise<void>
  /** The client goes away. */
  leave(): void
  /** Stops reading, or goes on. */
  pause(): void
  resume(): void
}

export function begin(
  url: string,
  headers: http.OutgoingHttpHeaders = {},
  { method = 'GET', body, host }: AskOptions = {},
): Asked {
  const { origin } = new URL(url)
  // To the letter: a URL would tidy it up.
  const path = url.slice(origin.length)
  const request = http.request(origin, {
    path,
    method,
    agent: false,
    headers: { ...headers, ...(host === undefined ? {} : { Host: host }) },
  })
  const interim: number[] = []
  let response: http.IncomingMessage | undefined
  let text = ''
  const over = new Promise<Reply>((resolve, reject) => {
    request.on('information', ({ statusCode }) => interim.push(statusCode))
    request.on('error', (error) => {
      if (response === undefined) reject(error)
    })
    request.on('response', (came) => {
      response = came
      const end = (broken: boolean): void => {
        const { statusCode = 0, headers, rawHeaders: raw, trailers } = came
        const cache = String(headers['cache-status'] ?? '')
        resolve({ status: statusCode, headers, raw, text, trailers, cache, interim, broken })
      }
      came.setEncoding('latin1')
      came.on('data', (chunk) => {
        text += chunk
      })
      came.on('error', () => end(true))
      came.on('close', () => end(!came.complete))
    })
  })
  // Whoever leaves does not wait for it.
  over.catch(() => {})
  request.end(body)
  return {
    over,
    get status() {
      return response?.statusCode ?? 0
    },
    get text() {
      return text
    },
    says: (what) =>
      until(
        () => text.includes(what),
        () => `${what} in ${text.slice(0, 200)}`,
      ),
    leave: () => void request.destroy(),
    pause: () => void response?.pause(),
    resume: () => void response?.resume(),
  }
}

/** Many of them at a time. */
export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}
