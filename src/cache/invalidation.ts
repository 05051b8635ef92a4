import type { IncomingHttpHeaders } from 'node:http'
import type { Exchange } from '../contract/exchange.ts'
import { borrows, WrappedHandler } from '../contract/handler.ts'
import type { DispatchController, DispatchHandler, DispatchOptions } from '../contract/layer.ts'
import type { Cache } from './cache.ts'
import { extraOf, normalizeUrl, urlOf } from './key.ts'
import { judge } from './make-head.ts'
import type { CachePlan } from './plan.ts'
import { CacheRequest } from './request.ts'
import type { Writer } from './store.ts'

/**
 * Watches a request that may change something. When it has succeeded, what is stored under its target, and under the
 * Location and Content-Location of the same origin, is out of date (RFC 9111 4.4). A POST may bring what a GET of its target
 * would give (RFC 9110 9.3.3): that is stored.
 */
export class Invalidation extends WrappedHandler {
  readonly #cache: Cache
  readonly #options: DispatchOptions
  readonly #exchange: Exchange
  readonly #plan: CachePlan
  readonly #requestTime: number
  #writer: Writer | undefined
  #isDone = false

  constructor(cache: Cache, options: DispatchOptions, exchange: Exchange, plan: CachePlan, handler: DispatchHandler) {
    super(handler)
    this.#cache = cache
    this.#options = options
    this.#exchange = exchange
    this.#plan = plan
    this.#requestTime = cache.clock.wall()
  }

  get borrows(): boolean {
    return this.#isDone && this.#writer === undefined && borrows(this.inner)
  }

  override onResponseStart(
    controller: DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    message?: string,
  ): void {
    if (status >= 200 && !this.#isDone) {
      this.#isDone = true
      if (status < 400) this.#succeeded(controller.rawHeaders as string[], status, message ?? '')
    }
    super.onResponseStart(controller, status, headers, message)
  }

  override onResponseData(controller: DispatchController, chunk: Buffer): void {
    if (this.#writer?.failed === false) this.#writer.write(chunk)
    super.onResponseData(controller, chunk)
  }

  override onResponseEnd(controller: DispatchController, trailers: IncomingHttpHeaders): void {
    if (this.#writer?.failed === false) this.#writer.commit()
    this.#writer = undefined
    super.onResponseEnd(controller, trailers)
  }

  override onResponseError(controller: DispatchController, error: Error): void {
    if (this.#writer?.failed === false) this.#writer.abort()
    this.#writer = undefined
    super.onResponseError(controller, error)
  }

  #succeeded(raw: readonly string[], status: number, message: string): void {
    const asked = urlOf(this.#plan.key, this.#exchange.target)
    this.#cache.invalidate(asked)
    let ownLocation: string | undefined
    for (let i = 0; i < raw.length; i += 2) {
      const name = (raw[i] as string).toLowerCase()
      if (name !== 'location' && name !== 'content-location') continue
      const url = this.#resolve(raw[i + 1] as string)
      if (url === undefined) continue
      if (url !== asked) this.#cache.invalidate(url)
      if (name === 'content-location') ownLocation = url
    }
    if (this.#options.method === 'POST' && ownLocation === asked) this.#store(asked, raw, status, message)
  }

  /** Key URL of a reference of the upstream's, when it is of the same origin as the target. */
  #resolve(reference: string): string | undefined {
    const { target } = this.#exchange
    const { locate } = this.#options
    const ours = locate === undefined ? reference : locate(reference, this.#exchange)
    const base = `${target.scheme}://${target.authority}${target.path}${target.query}`
    if (!URL.canParse(ours, base)) return undefined
    const url = new URL(ours, base)
    if (url.origin !== new URL(base).origin) return undefined
    return normalizeUrl(this.#plan.key, url.href)
  }

  #store(asked: string, raw: readonly string[], status: number, message: string): void {
    const { clock, store } = this.#cache
    const { pool, upstream } = this.#options
    let extra: string
    try {
      extra = extraOf(this.#plan.key, this.#exchange, upstream?.name ?? pool?.name ?? '')
    } catch {
      return
    }
    const { head } = judge(
      this.#plan,
      {
        request: new CacheRequest(this.#options, this.#options.headers as readonly string[], this.#plan.obeysRequests),
        url: this.#cache.lore.storedAs(asked),
        extra,
        requestTime: this.#requestTime,
        responseTime: clock.wall(),
        upstream: this.#exchange.upstream,
        contentLocationIsTarget: true,
      },
      status,
      message,
      raw,
    )
    if (head !== undefined) this.#writer = store.create(head, undefined)
  }
}
