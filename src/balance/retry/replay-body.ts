import { Readable } from 'node:stream'
import { ProxyError } from '../../contract/errors.ts'

/**
 * The content of a request for several attempts: each reads a view of its own, first what earlier ones have read, then
 * the rest from the client, with backpressure. Keeps at most `cap` bytes; content that grows past it can no longer be
 * sent again. The client's stream is not touched before a view is read.
 */
export class ReplayBody {
  readonly #source: Readable
  readonly #cap: number
  #kept: Buffer[] | undefined = []
  #size = 0
  #view: View | undefined
  #listening = false
  #ended = false
  #failure: ProxyError | undefined

  constructor(source: Readable, cap: number) {
    this.#source = source
    this.#cap = cap
  }

  /** All that has been read is kept, and the rest can still be had. */
  get replayable(): boolean {
    return this.#kept !== undefined && this.#failure === undefined && (this.#ended || !this.#source.destroyed)
  }

  /** A view from the first byte. It ends the one before. */
  open(): Readable {
    this.#view?.destroy()
    const view = new View(this.#kept ?? [], this)
    this.#view = view
    return view
  }

  /** No more attempts: nothing is kept any longer. */
  forget(): void {
    this.#kept = undefined
  }

  /** The exchange is over. What the client still sends is read and dropped, as Node does with content that nobody wants. */
  close(): void {
    this.forget()
    this.#view?.destroy()
    if (!this.#listening) return
    this.#stop()
    this.#source.resume()
  }

  /** For the view: its kept part is used up, and it wants more. */
  pull(view: View): void {
    if (view !== this.#view) return
    if (this.#failure !== undefined) view.destroy(this.#failure)
    else if (this.#ended) view.push(null)
    else if (this.#listening) this.#source.resume()
    else this.#listen()
  }

  /** For the view: it is gone. The client waits for the next one. */
  left(view: View): void {
    if (view !== this.#view) return
    this.#view = undefined
    if (this.#listening) this.#source.pause()
  }

  #listen(): void {
    const source = this.#source
    // Stays: an error after we lost interest must not be unhandled.
    source.on('error', this.#broken)
    if (source.readableEnded) {
      this.#finish()
      return
    }
    if (source.destroyed) {
      this.#broken()
      return
    }
    this.#listening = true
    source.on('data', this.#take)
    source.on('end', this.#finish)
    source.on('close', this.#broken)
    source.resume()
  }

  #stop(): void {
    this.#listening = false
    this.#source.off('data', this.#take)
    this.#source.off('end', this.#finish)
    this.#source.off('close', this.#broken)
  }

  readonly #take = (chunk: Buffer): void => {
    this.#size += chunk.length
    if (this.#size > this.#cap) this.#kept = undefined
    this.#kept?.push(chunk)
    if (this.#view?.push(chunk) !== true) this.#source.pause()
  }

  readonly #finish = (): void => {
    this.#ended = true
    this.#stop()
    this.#view?.push(null)
  }

  readonly #broken = (error?: Error): void => {
    if (this.#ended || this.#failure !== undefined) return
    this.#failure = new ProxyError('SP_CLIENT_GONE', 'The content of the request broke off', error)
    this.#stop()
    this.#view?.destroy(this.#failure)
  }
}

class View extends Readable {
  readonly #kept: readonly Buffer[]
  /** What earlier attempts have read. What is kept from now on comes by push. */
  readonly #until: number
  readonly #body: ReplayBody
  #next = 0

  constructor(kept: readonly Buffer[], body: ReplayBody) {
    super()
    this.#kept = kept
    this.#until = kept.length
    this.#body = body
    // Whoever reads may have let go before the client's stream breaks.
    this.on('error', ignore)
  }

  override _read(): void {
    while (this.#next < this.#until) if (!this.push(this.#kept[this.#next++])) return
    this.#body.pull(this)
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#body.left(this)
    callback(error)
  }
}

/** Can content be sent any number of times, as it is? */
export function isAtHand(body: unknown): boolean {
  return body == null || typeof body === 'string' || body instanceof Uint8Array
}

/** Is all of a stream still to come? Where someone has begun to read it flows away, even before anything has come. */
export function isUntouched({ destroyed, readableDidRead, readableFlowing }: Readable): boolean {
  return destroyed === false && readableDidRead === false && readableFlowing !== true
}

function ignore(): void {}
