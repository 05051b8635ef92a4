import type { IncomingHttpHeaders } from 'node:http'
import type { Exchange } from '../contract/exchange.ts'
import { readsRaw } from '../contract/handler.ts'
import type { Dispatch, DispatchController, DispatchHandler, DispatchOptions } from '../contract/layer.ts'
import type { CachePlan } from './plan.ts'
import type { CacheRequest } from './request.ts'

/** Who gives an answer its content: told when the client takes more, and when it has gone. */
export interface Source {
  resumed(answer: Answer): void
  left(answer: Answer): void
}

/** Counts what clients were given: answers, and bytes of content. */
export interface Tally {
  hits: number
  misses: number
  hitBytes: number
  missBytes: number
}

/**
 * One client that waits for an answer of the cache. It is the controller that its handler holds, wherever the answer comes
 * from: a store, or an upstream call that it may share with others.
 */
export class Answer implements DispatchController {
  aborted = false
  paused = false
  reason: Error | null = null
  rawHeaders: string[] | null = null
  rawTrailers: string[] | null = null
  /** The handler has been told of the end, or of a failure. */
  over = false
  /** The head is out. */
  begun = false
  /** From the store, validated or not: counts as a hit. */
  isHit = false
  source: Source | undefined
  /** Chunks are of the store, or shared; false while they come from an upstream for this client alone, and may be lent. */
  gives = true
  isAtHand = false
  /** It waited for a call that another had made. */
  collapsed = false

  /** The layers inside of the cache. */
  readonly dispatch: Dispatch
  readonly options: DispatchOptions
  readonly handler: DispatchHandler
  readonly exchange: Exchange
  readonly request: CacheRequest
  readonly plan: CachePlan
  /** What was asked for, by the rules of the key; `url` is what the store knows it by (see search-rules.ts). */
  readonly asked: string
  readonly url: string
  readonly extra: string
  /** How often it has turned to another call. */
  turns = 0
  readonly #tally: Tally

  constructor(
    dispatch: Dispatch,
    options: DispatchOptions,
    handler: DispatchHandler,
    exchange: Exchange,
    request: CacheRequest,
    plan: CachePlan,
    asked: string,
    url: string,
    extra: string,
    tally: Tally,
  ) {
    this.dispatch = dispatch
    this.options = options
    this.handler = handler
    this.exchange = exchange
    this.request = request
    this.plan = plan
    this.asked = asked
    this.url = url
    this.extra = extra
    this.#tally = tally
  }

  /** Tells the handler that there is something to abort. */
  start(): void {
    try {
      this.handler.onRequestStart?.(this, {})
    } catch (error) {
      this.abort(error as Error)
    }
  }

  interim(status: number, raw: string[] | null, headers: IncomingHttpHeaders, message: string | undefined): void {
    if (this.over || this.begun) return
    this.rawHeaders = raw
    this.#tell(() => this.handler.onResponseStart?.(this, status, headers, message))
  }

  /** The final head. `fields` is the handler's from now on. */
  head(status: number, message: string, fields: string[]): void {
    if (this.over) return
    this.begun = true
    if (this.isHit) this.#tally.hits++
    else this.#tally.misses++
    this.rawHeaders = fields
    const { handler } = this
    try {
      handler.onResponseStart?.(this, status, readsRaw(handler) ? noHeaders : asObject(fields), message)
    } catch (error) {
      this.abort(error as Error)
    }
  }

  data(chunk: Buffer): void {
    if (this.over) return
    if (this.isHit) this.#tally.hitBytes += chunk.length
    else this.#tally.missBytes += chunk.length
    try {
      this.handler.onResponseData?.(this, chunk)
    } catch (error) {
      this.abort(error as Error)
    }
  }

  end(trailers: string[] | null): void {
    if (this.over) return
    this.over = true
    this.source = undefined
    this.rawTrailers = trailers
    try {
      this.handler.onResponseEnd?.(this, trailers === null ? noHeaders : asObject(trailers))
    } catch (error) {
      this.handler.onResponseError?.(this, error as Error)
    }
  }

  fail(error: Error): void {
    if (this.over) return
    this.over = true
    if (!this.begun) this.#tally.misses++
    this.source = undefined
    this.handler.onResponseError?.(this, error)
  }

  abort(reason: Error): void {
    if (this.over) return
    this.aborted = true
    this.reason = reason
    this.over = true
    const { source } = this
    this.source = undefined
    source?.left(this)
    this.handler.onResponseError?.(this, reason)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    if (!this.over) this.source?.resumed(this)
  }

  #tell(fn: () => void): void {
    try {
      fn()
    } catch (error) {
      this.abort(error as Error)
    }
  }
}

const noHeaders: IncomingHttpHeaders = Object.freeze({})

/** As undici gives fields: lower-case names, the lines of one name as a list. */
export function asObject(fields: readonly string[]): IncomingHttpHeaders {
  const object: Record<string, string | string[]> = Object.create(null)
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    const value = fields[i + 1] as string
    const known = object[name]
    if (known === undefined) object[name] = name === 'set-cookie' ? [value] : value
    else if (Array.isArray(known)) known.push(value)
    else object[name] = [known, value]
  }
  return object as IncomingHttpHeaders
}
