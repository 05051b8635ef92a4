import { isTextChar, latin1 } from '../http/chars.ts'
import { ChunkLines } from './http1-chunks.ts'
import { type FieldLines, fault, readFieldLines } from './http1-fields.ts'
import { maxSectionSize, Section } from './http1-section.ts'

/** The head of an answer, interim or final. */
export interface AnswerHead {
  readonly status: number
  /** One character a byte. */
  readonly reason: string
  readonly fields: FieldLines
  /** May the connection carry another exchange once this answer is over? RFC 9112 9.3. */
  readonly persistent: boolean
}

/** What the bytes of an answer are. Called in the midst of `execute`. */
export interface AnswerEvents {
  onHead(head: AnswerHead): void
  /** Content: `bytes` from `from` to `to`, for as long as the call lasts. */
  onContent(bytes: Buffer, from: number, to: number): void
  /** `more` says that bytes follow which no request has asked for. */
  onEnd(trailers: string[], more: boolean): void
}

const lf = 10
const cr = 13
const space = 32

const nothing = 0
const inHead = 1
const inLength = 2
const untilClose = 3
const inChunkLine = 4
const inChunkData = 5
const inTrailers = 6
const complete = 7

const version = 'HTTP/1.'
/** Most heads are no longer. */
const usualHead = 2048

/** Reads answers, one for each `expect`, from bytes in any pieces, in time linear in their number. */
export class AnswerParser {
  /** Reading stops behind the event in which this was set. */
  paused = false
  #events: AnswerEvents | undefined
  #state = nothing
  #toHead = false
  /** Bytes of the content, or of the chunk, that are still to come. */
  #left = 0
  #chunks: ChunkLines | undefined
  /** A head or trailers of which a part has come. */
  #section: Section | undefined

  /** An answer is due: to HEAD, which has no content, or to another method. */
  expect(events: AnswerEvents, toHead: boolean): void {
    this.#events = events
    this.#toHead = toHead
    this.#state = inHead
  }

  /** Nothing is due any more. */
  stop(): void {
    this.#events = undefined
    this.#state = nothing
    this.#chunks = undefined
    this.#section = undefined
    this.paused = false
  }

  /**
   * @returns how far it came: to `to`, or less where it was paused or the answer was over
   * @throws ProxyError SP_UPSTREAM_PROTOCOL, SP_UPSTREAM_FIELDS
   */
  execute(bytes: Buffer, at: number, to: number): number {
    while (!this.paused) {
      if (this.#state === complete) this.#end([], at < to)
      if (this.#state === nothing || at === to) return at
      switch (this.#state) {
        case inHead:
          at = this.#readHead(bytes, at, to)
          break
        case inLength:
          at = this.#content(bytes, at, to, complete)
          break
        case untilClose:
          this.#events?.onContent(bytes, at, to)
          at = to
          break
        case inChunkLine:
          at = this.#readChunkLine(bytes, at, to)
          break
        case inChunkData:
          at = this.#content(bytes, at, to, inChunkLine)
          break
        case inTrailers:
          at = this.#readTrailers(bytes, at, to)
      }
    }
    return at
  }

  /** The peer has sent all that it will. False when an answer was not over. */
  finish(): boolean {
    if (this.#state === untilClose || this.#state === complete) this.#end([], false)
    return this.#state === nothing
  }

  #end(trailers: string[], more: boolean): void {
    const events = this.#events
    this.stop()
    events?.onEnd(trailers, more)
  }

  #content(bytes: Buffer, at: number, to: number, next: number): number {
    const end = Math.min(to, at + this.#left)
    this.#left -= end - at
    if (this.#left === 0) this.#state = next
    this.#events?.onContent(bytes, at, end)
    return end
  }

  #readHead(bytes: Buffer, at: number, to: number): number {
    if (this.#section === undefined) {
      const limit = Math.min(to, at + maxSectionSize)
      let text = latin1(bytes, at, Math.min(limit, at + usualHead))
      let end = text.indexOf('\r\n\r\n')
      if (end === -1 && limit > at + usualHead) {
        text = latin1(bytes, at, limit)
        end = text.indexOf('\r\n\r\n')
      }
      if (end !== -1) {
        this.#head(text)
        return at + end + 4
      }
      this.#section = new Section(false)
    }
    const section = this.#section
    const end = section.gather(bytes, at, to)
    const shown = section.text(version.length)
    // What is no answer is told at once: the end of the line may never come.
    if (!version.startsWith(shown)) throw noAnswer()
    if (end === -1) return to
    this.#section = undefined
    this.#head(section.text())
    return end
  }

  #head(text: string): void {
    // RFC 9112 2.3: one major version, and 4: three digits.
    if (!text.startsWith(version)) throw noAnswer()
    const minor = digitAt(text, 7)
    const status = digitAt(text, 9) * 100 + digitAt(text, 10) * 10 + digitAt(text, 11)
    if (!(minor >= 0 && status >= 100) || text.charCodeAt(8) !== space) throw fault('a status line that is none')
    let at = 12
    let code = text.charCodeAt(at)
    // The space before no phrase is left out by many.
    if (code === space) code = text.charCodeAt(++at)
    else if (code !== cr) throw fault('a status line that is none')
    const reasonAt = at
    while (isTextChar[code] === 1) code = text.charCodeAt(++at)
    if (code !== cr || text.charCodeAt(at + 1) !== lf) throw fault('a control character in the reason phrase')
    this.#frame(status, minor, text.substring(reasonAt, at), readFieldLines(text, at + 2))
  }

  /** RFC 9112 6.3: where the answer ends. */
  #frame(status: number, minor: number, reason: string, fields: FieldLines): void {
    const { length, chunked } = fields
    // RFC 9112 6.1: a sign of splitting or smuggling.
    if (chunked && length !== -1) throw fault('Content-Length beside Transfer-Encoding')
    let persistent = !fields.close && (minor > 0 || fields.keepAlive)
    if (status < 200) {
      // The final head is still to come.
    } else if (this.#toHead) {
      this.#state = complete
    } else if (status === 204 || status === 304) {
      this.#state = complete
      // It speaks of content, and may send some all the same. A 304 speaks of what a 200 would have had: RFC 9110 15.4.5.
      if (status === 204 && (length > 0 || chunked)) persistent = false
    } else if (chunked) {
      this.#state = inChunkLine
      this.#chunks = new ChunkLines()
      // RFC 9112 6.1: HTTP/1.0 knows no chunks.
      if (minor === 0) persistent = false
    } else if (length !== -1) {
      this.#left = length
      this.#state = length === 0 ? complete : inLength
    } else {
      this.#state = untilClose
      persistent = false
    }
    this.#events?.onHead({ status, reason, fields, persistent })
  }

  #readChunkLine(bytes: Buffer, at: number, to: number): number {
    const chunks = this.#chunks as ChunkLines
    const end = chunks.read(bytes, at, to)
    if (end === -1) return to
    this.#left = chunks.size
    this.#state = chunks.size > 0 ? inChunkData : inTrailers
    return end
  }

  #readTrailers(bytes: Buffer, at: number, to: number): number {
    // Nearly always there are none.
    if (this.#section === undefined && to - at > 1 && bytes[at] === cr && bytes[at + 1] === lf) {
      this.#end([], at + 2 < to)
      return at + 2
    }
    this.#section ??= new Section(true)
    const end = this.#section.gather(bytes, at, to)
    if (end === -1) return to
    this.#end(readFieldLines(this.#section.text(), 0, true).raw, end < to)
    return end
  }
}

function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 48
  return digit >= 0 && digit <= 9 ? digit : Number.NaN
}

function noAnswer(): Error {
  return fault('no answer of HTTP/1')
}
