import type { IncomingHttpHeaders } from 'node:http'
import type { Exchange } from '../contract/exchange.ts'
import { borrows, WrappedHandler } from '../contract/handler.ts'
import type { DispatchController, DispatchHandler, DispatchOptions } from '../contract/layer.ts'
import type { Cache } from './cache.ts'
import { extraOf, normalizeUrl, urlOf } from './key.ts'
import { judge } from './make-head.ts'
import { detourOf, placeOf } from './place.ts'
import type { CachePlan } from './plan.ts'
import { CacheRequest } from './request.ts'
import type { Writer } from './store.ts'
import { dropUnkeyed } from './unkeyed-fields.ts'

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
  #size = 0
  #purges = 0
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
    this.#size += chunk.length
    if (this.#size > this.#plan.maxEntryBytes) this.#drop()
    if (this.#writer?.failed === false) this.#writer.write(chunk)
    super.onResponseData(controller, chunk)
  }

  override onResponseEnd(controller: DispatchController, trailers: IncomingHttpHeaders): void {
    // What was purged or changed meanwhile may be this.
    if (this.#cache.purges !== this.#purges) this.#drop()
    if (this.#writer?.failed === false) this.#writer.commit()
    this.#writer = undefined
    super.onResponseEnd(controller, trailers)
  }

  override onResponseError(controller: DispatchController, error: Error): void {
    this.#drop()
    super.onResponseError(controller, error)
  }

  #drop(): void {
    if (this.#writer?.failed === false) this.#writer.abort()
    this.#writer = undefined
  }

  #succeeded(raw: readonly string[], status: number, message: string): void {
    const asked = urlOf(this.#plan.key, this.#exchange.target)
    this.#cache.invalidate(asked)
    let ownLocation: string | undefined
    let locations = 0
    for (let i = 0; i < raw.length; i += 2) {
      const name = (raw[i] as string).toLowerCase()
      if (name !== 'location' && name !== 'content-location') continue
      if (name === 'content-location') locations++
      const url = this.#resolve(raw[i + 1] as string)
      if (url === undefined) continue
      if (url !== asked) this.#cache.invalidate(url)
      if (name === 'content-location') ownLocation = url
    }
    if (this.#options.method === 'POST' && ownLocation === asked && locations === 1)
      this.#store(asked, raw, status, message)
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
    const fields = this.#options.headers as readonly string[]
    const { key, bypass } = this.#plan
    let extra: string
    try {
      if (bypass?.(this.#exchange) === true) return
      // It went as it came. What a GET would not have carried may have made it, and is not for those that GET.
      if (!Array.isArray(fields) || dropUnkeyed(key, fields, this.#exchange) !== fields) return
      extra = extraOf(key, this.#exchange, placeOf(this.#options)) + detourOf(this.#options, this.#exchange.target)
    } catch {
      return
    }
    const { head } = judge(
      this.#plan,
      {
        request: new CacheRequest(this.#options, fields, this.#plan.obeysRequests),
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
    if (head === undefined) return
    this.#purges = this.#cache.purges
    this.#writer = store.create(head, undefined)
  }
}
