import { type Field, Message } from './message.ts'

type State = 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'until-close' | 'detached'

/**
 * Reads HTTP/1 messages from bytes, leniently: it judges nothing and never throws. What it cannot read stays in `rest`.
 * Line ends are CRLF or LF.
 */
export class MessageParser {
  /** Methods of the requests whose answers are to come: an answer to HEAD has no body. */
  readonly methods: string[] = []
  /** Bytes that belong to no message yet; after `detach` or a 101, all that follows. */
  rest: Buffer = Buffer.alloc(0)
  current: Message | undefined
  #state: State = 'head'
  #left = 0
  #interim: Message[] = []
  readonly #kind: 'request' | 'response'
  readonly #onHead: (message: Message) => void
  readonly #onEnd: (message: Message) => void

  constructor(kind: 'request' | 'response', onHead: (message: Message) => void, onEnd: (message: Message) => void) {
    this.#kind = kind
    this.#onHead = onHead
    this.#onEnd = onEnd
  }

  /** Interim answers since the last final one. */
  get pendingInterim(): readonly Message[] {
    return this.#interim
  }

  push(bytes: Buffer): void {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes])
    while (this.#step()) {}
  }

  /** The connection has ended. */
  end(): void {
    if (this.#state === 'until-close') this.#finish()
  }

  /** What follows is not HTTP. */
  detach(): void {
    this.#state = 'detached'
  }

  #step(): boolean {
    if (this.rest.length === 0) return false
    switch (this.#state) {
      case 'head':
        return this.#readHead()
      case 'length':
        return this.#readLength('head')
      case 'chunk':
        return this.#readLength('chunk-end')
      case 'chunk-size':
        return this.#readChunkSize()
      case 'chunk-end':
        if (this.#line() === undefined) return false
        this.#state = 'chunk-size'
        return true
      case 'trailers':
        return this.#readTrailers()
      case 'until-close':
        this.#take(this.rest.length)
        return false
      case 'detached':
        return false
    }
  }

  #readHead(): boolean {
    const text = this.rest.toString('latin1')
    const blank = /\r?\n\r?\n/.exec(text)
    if (blank === null) return false
    this.rest = this.rest.subarray(blank.index + blank[0].length)
    const head = text.slice(0, blank.index)
    if (this.#kind === 'response') this.#beginResponse(head)
    else this.#beginRequest(head)
    return true
  }

  #beginRequest(head: string): void {
    const message = new Message(head)
    this.current = message
    if (/chunked/i.test(message.value('transfer-encoding') ?? '')) this.#state = 'chunk-size'
    else this.#beginLength(Number(message.values('content-length')[0] ?? 0))
    this.#onHead(message)
    if (this.#left === 0 && this.#state === 'length') this.#finish()
  }

  #beginResponse(head: string): void {
    const message = new Message(head, this.#interim)
    if (message.status >= 100 && message.status < 200 && message.status !== 101) {
      this.#interim.push(message)
      return
    }
    this.#interim = []
    this.current = message
    const method = this.methods.shift()
    const length = message.values('content-length')[0]
    this.#left = 0
    if (message.status === 101) this.#state = 'detached'
    else if (method === 'HEAD' || message.status === 204 || message.status === 304) this.#beginLength(0)
    else if (/chunked/i.test(message.value('transfer-encoding') ?? '')) this.#state = 'chunk-size'
    else if (length !== undefined) this.#beginLength(Number(length))
    else this.#state = 'until-close'
    this.#onHead(message)
    if (message.status === 101) {
      message.complete = true
      this.#onEnd(message)
    } else if (this.#left === 0 && this.#state === 'length') this.#finish()
  }

  #beginLength(length: number): void {
    this.#state = 'length'
    this.#left = Number.isFinite(length) ? length : 0
  }

  #readLength(next: 'head' | 'chunk-end'): boolean {
    this.#left -= this.#take(Math.min(this.#left, this.rest.length))
    if (this.#left > 0) return false
    if (next === 'head') this.#finish()
    else this.#state = next
    return true
  }

  #readChunkSize(): boolean {
    const line = this.#line()
    if (line === undefined) return false
    this.#left = Number.parseInt(line, 16)
    if (Number.isNaN(this.#left)) this.#state = 'detached'
    else this.#state = this.#left === 0 ? 'trailers' : 'chunk'
    return true
  }

  #readTrailers(): boolean {
    const line = this.#line()
    if (line === undefined) return false
    if (line === '') this.#finish()
    else if (this.current !== undefined) this.current.trailers = [...this.current.trailers, trailer(line)]
    return true
  }

  #line(): string | undefined {
    const end = this.rest.indexOf(10)
    if (end < 0) return undefined
    const line = this.rest.subarray(0, end).toString('latin1').replace(/\r$/, '')
    this.rest = this.rest.subarray(end + 1)
    return line
  }

  #take(count: number): number {
    if (count > 0) this.current?.add(this.rest.subarray(0, count))
    this.rest = this.rest.subarray(count)
    return count
  }

  #finish(): void {
    const message = this.current
    this.#state = 'head'
    this.current = undefined
    if (message === undefined) return
    message.complete = true
    this.#onEnd(message)
  }
}

function trailer(line: string): Field {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).trim()]
}
