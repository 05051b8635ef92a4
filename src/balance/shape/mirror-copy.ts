import { type Duplex, Readable } from 'node:stream'
import type { Clock, Timer } from '../../contract/clock.ts'
import { ProxyError } from '../../contract/errors.ts'
import type { Dispatch, DispatchController, DispatchHandler, DispatchOptions } from '../../contract/layer.ts'
import type { MirrorCopy } from '../../contract/mirror.ts'
import type { Pool, RetryPolicy } from '../../contract/pool.ts'
import { isField } from '../../http/hop-by-hop.ts'
import { copyBody } from './mirror-body.ts'
import type { MirrorSettings } from './mirror-options.ts'

/** Dropped: it never went out. Failed: no whole answer in time. */
export type CopyEnd = 'answered' | 'dropped' | 'failed'

/** Bytes of an answer that are read and thrown away, so that the connection can be used again. Past it the copy is aborted. */
const maxDrained = 1024 * 1024

/** A copy is worth one attempt. */
const once: RetryPolicy = Object.freeze({
  attempts: 0,
  on: new Set<never>(),
  perTryTimeout: 0,
  bufferBody: 0,
  hedgeAfter: 0,
  budget: { take: () => false, release() {} },
})

/** One copy, from the decision to the end of its answer, which it throws away. */
export class Copy implements MirrorCopy, DispatchHandler {
  readonly #options: DispatchOptions
  readonly #dispatch: Dispatch
  readonly #pool: Pool
  readonly #settings: MirrorSettings
  readonly #clock: Clock
  readonly #ended: (copy: Copy, end: CopyEnd) => void
  readonly #timer: Timer
  #body: DispatchOptions['body'] = null
  #stopCollecting: (() => void) | undefined
  #whole = false
  #following = false
  sent = false
  #controller: DispatchController | undefined
  #drained = 0
  over = false

  constructor(
    options: DispatchOptions,
    dispatch: Dispatch,
    pool: Pool,
    settings: MirrorSettings,
    clock: Clock,
    ended: (copy: Copy, end: CopyEnd) => void,
  ) {
    this.#options = options
    this.#dispatch = dispatch
    this.#pool = pool
    this.#settings = settings
    this.#clock = clock
    this.#ended = ended
    this.#timer = clock.setTimer(() => this.giveUp(), settings.timeout)
  }

  /** Finds the content, or begins to watch it come. */
  collect(): void {
    const { body, headers } = this.#options
    const { bodyLimit } = this.#settings
    if (body == null) {
      this.#whole = true
    } else if (typeof body === 'string' || body instanceof Uint8Array) {
      this.#body = body
      this.#whole = true
      if (Buffer.byteLength(body) > bodyLimit) this.drop()
    } else if (body instanceof Readable && !body.destroyed && !body.readableDidRead) {
      const declared = contentLength(headers)
      if (declared > bodyLimit) this.drop()
      else this.#stopCollecting = copyBody(body, bodyLimit, declared, (content) => this.#collected(content))
    } else {
      this.drop()
    }
  }

  #collected(content: Buffer | undefined): void {
    if (content === undefined) {
      this.drop()
      return
    }
    this.#body = content
    this.#whole = true
    this.#sendSoon()
  }

  follow(): void {
    this.#following = true
    this.#sendSoon()
  }

  #sendSoon(): void {
    if (this.over || !this.#whole || !this.#following) return
    setImmediate(send, this)
  }

  send(): void {
    if (this.over) return
    this.sent = true
    try {
      this.#dispatch(this.#copied(), this)
    } catch {
      this.#end('failed')
    }
  }

  #copied(): DispatchOptions {
    const { timeout } = this.#settings
    const { connectTimeout = 0 } = this.#options
    const options: DispatchOptions = { ...this.#options }
    options.body = this.#body ?? null
    // The facts are the request's own; what becomes of its copy is none of them.
    options.exchange = undefined
    options.pool = this.#pool
    options.upstream = undefined
    options.tried = undefined
    options.freshConnection = undefined
    options.retry = once
    options.mirror = undefined
    options.connectTimeout = connectTimeout === 0 ? timeout : Math.min(connectTimeout, timeout)
    return options
  }

  drop(): void {
    this.#end('dropped')
  }

  /** The time is up, or the mirror closes. */
  giveUp(): void {
    this.#end(this.sent ? 'failed' : 'dropped')
    this.#abort()
  }

  #end(how: CopyEnd): void {
    if (this.over) return
    this.over = true
    this.#clock.clearTimer(this.#timer)
    this.#stopCollecting?.()
    this.#stopCollecting = undefined
    this.#body = null
    this.#ended(this, how)
  }

  #abort(): void {
    this.#controller?.abort(new ProxyError('SP_TOTAL_TIMEOUT', 'the copy is given up'))
  }

  onRequestStart(controller: DispatchController): void {
    this.#controller = controller
    // The connection came too late.
    if (this.over) this.#abort()
  }

  onRequestUpgrade(_controller: DispatchController, _status: number, _headers: object, socket: Duplex): void {
    socket.destroy()
    this.#end('failed')
  }

  onResponseStart(): void {}

  onResponseData(_controller: DispatchController, chunk: Buffer): void {
    this.#drained += chunk.length
    if (this.over || this.#drained <= maxDrained) return
    this.#end('answered')
    this.#abort()
  }

  onResponseEnd(): void {
    this.#end('answered')
  }

  onResponseError(): void {
    this.#end('failed')
  }
}

function send(copy: Copy): void {
  copy.send()
}

/** -1 when it says nothing. */
function contentLength(headers: DispatchOptions['headers']): number {
  if (!Array.isArray(headers)) return -1
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (name.length === 14 && isField(name, 'content-length')) {
      const length = Number(headers[i + 1])
      return Number.isSafeInteger(length) && length >= 0 ? length : -1
    }
  }
  return -1
}
