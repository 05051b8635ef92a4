import type { Socket } from 'node:net'
import { ProxyError } from '../contract/errors.ts'
import type { UploadSink } from './upload.ts'

/** Who sends the request that an upload belongs to. */
export interface UploadOwner {
  uploadFailed(error: Error): void
  /** The upstream takes no more for now. */
  held(): void
}

/** Frames the content of a request: as many bytes as were announced and not one more, or chunks. RFC 9112 6, 7.1. */
export class FramedUpload implements UploadSink {
  readonly #socket: Socket
  readonly #owner: UploadOwner
  /** Bytes still announced; -1 for chunks. */
  #left: number
  #ended = false
  #onDrain: (() => void) | undefined

  constructor(socket: Socket, length: number, owner: UploadOwner) {
    this.#socket = socket
    this.#left = length
    this.#owner = owner
  }

  /** All that was announced is on its way. */
  get complete(): boolean {
    return this.#ended || this.#left === 0
  }

  write(piece: Buffer | string): boolean {
    const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece
    if (!(chunk instanceof Uint8Array)) return this.#refuse('the body holds something other than bytes and text')
    const { length } = chunk
    if (length === 0) return true
    const socket = this.#socket
    let more: boolean
    if (this.#left === -1) {
      socket.cork()
      socket.write(`${length.toString(16)}\r\n`, 'latin1')
      socket.write(chunk)
      more = socket.write('\r\n', 'latin1')
      socket.uncork()
    } else {
      // What is too much would be read as the next request.
      if (length > this.#left) return this.#refuse('the body is longer than its Content-Length')
      this.#left -= length
      more = socket.write(chunk)
    }
    if (!more) this.#owner.held()
    return more
  }

  end(): void {
    if (this.#left > 0) {
      this.#refuse('the body is shorter than its Content-Length')
      return
    }
    this.#ended = true
    if (this.#left === -1) this.#socket.write('0\r\n\r\n', 'latin1')
  }

  on(_event: 'drain', listener: () => void): void {
    this.#onDrain = listener
  }

  off(): void {
    this.#onDrain = undefined
  }

  drained(): void {
    this.#onDrain?.()
  }

  #refuse(why: string): true {
    this.#owner.uploadFailed(new ProxyError('SP_BAD_REQUEST', why))
    return true
  }
}
