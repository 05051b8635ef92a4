import type { OnReadOpts, Socket } from 'node:net'
import { ProxyError } from '../contract/errors.ts'
import type { Http1Call } from './http1-call.ts'
import { AnswerParser } from './http1-parser.ts'
import type { Watch, Watched, Watcher } from './watch.ts'

/** Whose connections they are. */
export interface ConnectionOwner {
  readonly watch: Watch
  /** It can carry another exchange. */
  idle(connection: Http1Connection): void
  gone(connection: Http1Connection): void
}

const never = Number.POSITIVE_INFINITY
/** Milliseconds that a connection is kept idle: unless the upstream says how long it keeps it, and at most. */
const idleDefault = 4000
const idleMost = 600_000
/** So much before the upstream's own time is over we let go: the request would cross the FIN. */
const idleMargin = 1000

const readSize = 64 * 1024
/**
 * What is read from any socket lies here until it has been parsed, within the same call. Content is copied out of it: in
 * most answers it is little, and whoever gets it may keep it.
 */
const readBuffer = Buffer.allocUnsafeSlow(readSize)
/** Connections that keep their own buffers between exchanges, in all. */
const maxKeepers = 64
let keepers = 0
const noBytes = Buffer.alloc(0)

/** One socket: carries one exchange after the other. */
export class Http1Connection implements Watched, Watcher {
  /** Exchanges that it has carried to their end. */
  served = 0
  /** Has a byte come since the request went out? */
  heard = false
  /** Reading was stopped, and nothing has been read since it goes on: something may lie there. */
  unread = false
  /** In the midst of what was read. */
  parsing = false
  /** For whoever dials the socket. */
  readonly onread: OnReadOpts
  readonly #owner: ConnectionOwner
  readonly #parser = new AnswerParser()
  #socket: Socket | undefined
  #call: Http1Call | undefined
  #idleUntil = never
  #open = true
  /** What came in the same read as that behind which reading was paused. */
  #rest: Buffer | undefined
  /** Two buffers of its own, read into in turn: while a piece of one is lent, the next read goes into the other. */
  #apart: readonly [Buffer, Buffer] | undefined
  #turn = 0
  #isKeeper = false
  /** The peer has sent FIN. */
  #ended = false

  constructor(owner: ConnectionOwner) {
    this.#owner = owner
    this.onread = {
      buffer: () => this.#nextBuffer(),
      callback: (length, bytes) => this.#read(length, bytes as Buffer),
    }
  }

  get socket(): Socket {
    return this.#socket as Socket
  }

  /** May a request go out on it at this time? The deadline may be over before its timer comes to be. */
  usable(now: number): boolean {
    return this.#open && this.#idleUntil > now
  }

  /** Takes the socket, which was dialled with `onread` and stands. */
  attach(socket: Socket): void {
    this.#socket = socket
    socket.on('end', () => this.#finish())
    socket.on('error', (error) => this.#lost(error))
    socket.on('close', () => this.#lost(new Error('the connection was closed')))
    socket.on('drain', () => this.#call?.drained())
    this.#owner.watch.add(this)
  }

  begin(call: Http1Call, toHead: boolean): void {
    this.#call = call
    this.heard = false
    if (this.#idleUntil !== never) this.#socket?.ref()
    this.#parser.expect(call, toHead)
  }

  /** The exchange is over, at this time. The upstream says how long it keeps the connection idle, or -1. */
  release(reusable: boolean, now: number, idleSeconds: number): void {
    this.#call = undefined
    if (!this.#isKeeper) this.#apart = undefined
    const idle = idleSeconds === -1 ? idleDefault : Math.min(idleSeconds * 1000 - idleMargin, idleMost)
    if (!reusable || idle <= 0 || this.#ended) {
      this.drop()
      return
    }
    this.served++
    this.rest(now, idle)
  }

  /** Waits for the next exchange, for so many milliseconds. */
  rest(now: number, idle = idleDefault): void {
    this.#idleUntil = now + idle
    // An idle connection keeps no process alive.
    this.#socket?.unref()
    this.#owner.watch.arm(this.#idleUntil)
    this.#owner.idle(this)
  }

  /** From the next read on, what is read can be lent: until the exchange is over, or for good. */
  readApart(): void {
    if (this.#apart !== undefined) return
    this.#apart = [Buffer.allocUnsafeSlow(readSize), Buffer.allocUnsafeSlow(readSize)]
    if (keepers >= maxKeepers) return
    keepers++
    this.#isKeeper = true
  }

  /** Will these bytes stay what they are until reading goes on? */
  canLend(bytes: Buffer): boolean {
    return bytes.buffer !== readBuffer.buffer
  }

  #nextBuffer(): Buffer {
    if (this.#apart === undefined) return readBuffer
    this.#turn ^= 1
    return this.#apart[this.#turn] as Buffer
  }

  /** Ends it, in whatever state. An exchange on it is not told. */
  drop(): void {
    if (!this.#open) return
    this.#open = false
    this.#rest = undefined
    if (this.#isKeeper) keepers--
    this.#parser.stop()
    this.#socket?.destroy()
    this.#owner.watch.delete(this)
    this.#owner.gone(this)
  }

  /** Ends it with an error for the exchange on it. */
  destroy(error: Error): void {
    this.#call?.fail(error)
    this.drop()
  }

  /** Stops or resumes the reading of the answer. */
  flow(on: boolean): void {
    this.#parser.paused = !on
    // In the midst of parsing, its end sees to it.
    if (this.parsing) return
    if (on) this.#resume()
    else this.#socket?.pause()
  }

  #resume(): void {
    const rest = this.#rest ?? noBytes
    this.#rest = undefined
    this.unread = true
    if (!this.#parse(rest, 0, rest.length) || !this.#open) return
    if (this.#ended) this.#finish()
    else this.#socket?.resume()
  }

  /** False stops the reading. */
  #read(length: number, bytes: Buffer): boolean {
    const call = this.#call
    if (call === undefined) {
      // Nobody has asked: whatever it is, it must not answer the next request.
      this.drop()
      return false
    }
    this.heard = true
    this.unread = false
    // A head has its time, however it comes: see onHead.
    if (call.answered) call.touch()
    if (this.#parser.paused) {
      // TLS gives more than it was asked for. The other buffer may be lent: this one is used again.
      this.#turn ^= 1
      this.#rest = Buffer.concat([this.#rest ?? noBytes, bytes.subarray(0, length)])
      return false
    }
    return this.#parse(bytes, 0, length)
  }

  #parse(bytes: Buffer, from: number, to: number): boolean {
    const parser = this.#parser
    this.parsing = true
    try {
      const at = parser.execute(bytes, from, to)
      if (parser.paused && at < to) {
        const rest = bytes.subarray(at, to)
        this.#rest = this.canLend(bytes) ? rest : Buffer.from(rest)
      }
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error
      this.#call?.refuse(error)
    } finally {
      this.parsing = false
    }
    return !parser.paused
  }

  #finish(): void {
    this.#ended = true
    // What has come before is told first.
    if (this.#parser.paused) return
    if (this.#call === undefined || !this.#parser.finish()) this.#lost(new Error('the other side closed'))
  }

  #lost(error: Error): void {
    this.#call?.broken(error)
    this.drop()
  }

  // One entry among the deadlines for all that happens on it.

  get deadline(): number {
    return this.#call === undefined ? this.#idleUntil : this.#call.deadline
  }

  expire(): void {
    if (this.#call === undefined) this.drop()
    else this.#call.expire()
  }

  add(call: Watched): void {
    this.#owner.watch.arm(call.deadline)
  }

  delete(): void {}

  arm(deadline: number): void {
    this.#owner.watch.arm(deadline)
  }
}
