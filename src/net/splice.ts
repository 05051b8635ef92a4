import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '../contract/clock.ts'

/** Why a splice ended. `drain`, `killed` and `quota` are for whoever closes it: at shutdown, by hand, or at a limit. */
export type SpliceEnd = 'closed' | 'idle' | 'lifetime' | 'error' | 'drain' | 'killed' | 'quota'

/** Says how many bytes of one direction may pass. */
export interface Pace {
  /**
   * How many of `wanted` bytes may pass now. With fewer than all, `waiter.ready()` is called once when more may, never before
   * this has returned.
   */
  take(wanted: number, waiter: PaceWaiter): number
  /** Nobody waits any more. Called once, when both sides are closed. */
  leave(): void
}

export interface PaceWaiter {
  ready(): void
}

export interface SpliceSummary {
  /** Bytes that came from downstream. */
  readonly received: number
  /** Bytes that went to downstream. */
  readonly sent: number
  readonly reason: SpliceEnd
  /** What broke the connection, with the reason `error`. */
  readonly error?: Error
}

export interface SpliceOptions {
  readonly clock: Clock
  /** Milliseconds without a byte in either direction. 0 is no limit. */
  readonly idleTimeout: number
  /** Milliseconds from now, whatever moves. 0 is no limit. */
  readonly maxLifetime: number
  /** Holds back what comes from downstream, and what goes to it. @default neither is held back */
  readonly pace?: { readonly received: Pace; readonly sent: Pace } | undefined
  /** Called once, when both sides are closed. */
  readonly onEnd: (summary: SpliceSummary) => void
}

export interface Splice {
  /** Bytes that have come from downstream so far. */
  readonly received: number
  /** Bytes that have gone to downstream so far. */
  readonly sent: number
  /** Destroys both sides. Later calls do nothing. */
  close(reason: SpliceEnd): void
}

/**
 * Joins two byte streams until both are closed. A side that does not read holds the other back; the end of one direction
 * is passed on while the other still flows; a side that breaks takes the other with it.
 */
export function splice(downstream: Duplex, upstream: Duplex, options: SpliceOptions): Splice {
  return new Joint(downstream, upstream, options)
}

class Joint implements Splice {
  readonly #clock: Clock
  readonly #idleTimeout: number
  readonly #endsAt: number
  readonly #onEnd: (summary: SpliceSummary) => void
  readonly #down: Side
  readonly #up: Side
  #reason: SpliceEnd | undefined
  #error: Error | undefined
  #timer: Timer | undefined
  /** Clock reading when a byte last moved. */
  moved: number

  constructor(downstream: Duplex, upstream: Duplex, options: SpliceOptions) {
    this.#clock = options.clock
    this.#idleTimeout = options.idleTimeout
    this.#onEnd = options.onEnd
    this.moved = options.clock.now()
    this.#endsAt = options.maxLifetime > 0 ? this.moved + options.maxLifetime : Number.POSITIVE_INFINITY
    this.#down = attach(downstream, upstream, this, options.pace?.received)
    this.#up = attach(upstream, downstream, this, options.pace?.sent)
    this.#arm(this.moved)
    start(downstream)
    start(upstream)
  }

  get received(): number {
    return this.#down.bytes
  }

  get sent(): number {
    return this.#up.bytes
  }

  close(reason: SpliceEnd, error?: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#error = error
    this.#down.from.destroy()
    this.#up.from.destroy()
  }

  touch(): void {
    this.moved = this.#clock.now()
  }

  sideClosed(): void {
    if (!this.#down.closed || !this.#up.closed) return
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
    this.#down.pace?.leave()
    this.#up.pace?.leave()
    const reason = this.#reason ?? 'closed'
    const summary = { received: this.#down.bytes, sent: this.#up.bytes, reason }
    this.#onEnd(this.#error === undefined ? summary : { ...summary, error: this.#error })
  }

  // One timer, set again only when it fires: a chunk costs a clock reading and nothing more.
  #arm(now: number): void {
    const idleAt = this.#idleTimeout > 0 ? this.moved + this.#idleTimeout : Number.POSITIVE_INFINITY
    const at = Math.min(idleAt, this.#endsAt)
    if (at === Number.POSITIVE_INFINITY) return
    this.#timer = this.#clock.setTimer(() => this.#look(), Math.max(1, Math.ceil(at - now)))
  }

  #look(): void {
    this.#timer = undefined
    if (this.#reason !== undefined) return
    const now = this.#clock.now()
    if (now >= this.#endsAt) this.close('lifetime')
    else if (this.#idleTimeout > 0 && now - this.moved >= this.#idleTimeout) this.close('idle')
    else this.#arm(now)
  }
}

const side = Symbol('side')

type Joined = Duplex & { [side]: Side }

/** One direction. It hangs on its stream, so that the listeners are shared functions and not closures. */
class Side implements PaceWaiter {
  readonly from: Duplex
  readonly to: Duplex
  readonly joint: Joint
  readonly pace: Pace | undefined
  /** What was read and may not pass yet: nothing more is read meanwhile. */
  rest: Buffer | undefined = undefined
  /** The end came while something was held back. */
  ended = false
  bytes = 0
  closed = false

  constructor(from: Duplex, to: Duplex, joint: Joint, pace: Pace | undefined) {
    this.from = from
    this.to = to
    this.joint = joint
    this.pace = pace
  }

  /** What is held back, or a part of it, may pass. */
  ready(): void {
    const { rest } = this
    if (rest === undefined) return
    this.rest = undefined
    if (this.to.destroyed) return
    const full = this.pass(rest)
    if (this.rest !== undefined) return
    if (this.ended) this.to.end()
    else if (!full) this.from.resume()
  }

  /** Sends on what the pace lets through and keeps the rest. True: nothing more is to be read for now. */
  pass(chunk: Buffer): boolean {
    const may = this.pace === undefined ? chunk.length : this.pace.take(chunk.length, this)
    this.bytes += may
    if (may === chunk.length) return !this.to.write(chunk)
    this.rest = chunk.subarray(may)
    if (may > 0) {
      this.joint.touch()
      this.to.write(chunk.subarray(0, may))
    }
    return true
  }
}

function attach(from: Duplex, to: Duplex, joint: Joint, pace: Pace | undefined): Side {
  const made = new Side(from, to, joint, pace)
  ;(from as Joined)[side] = made
  // Else the end of what we read would end what we write, and cut the other direction.
  from.allowHalfOpen = true
  from.on('error', onError)
  from.on('data', onData)
  from.on('drain', onDrain)
  from.on('end', onEnd)
  from.on('close', onClose)
  return made
}

/** A stream that was gone before we came emits nothing more: it is told on its behalf. */
function start(stream: Duplex): void {
  if (stream.closed) process.nextTick(() => onClose.call(stream as Joined))
  else if (stream.readableEnded) onEnd.call(stream as Joined)
  else stream.resume()
}

function onData(this: Joined, chunk: Buffer): void {
  const mine = this[side]
  mine.joint.touch()
  if (mine.pass(chunk)) this.pause()
}

function onDrain(this: Joined): void {
  const mine = this[side]
  mine.joint.touch()
  // The other direction, which this stream is written to by.
  if ((mine.to as Joined)[side].rest === undefined) mine.to.resume()
}

function onEnd(this: Joined): void {
  const mine = this[side]
  if (mine.rest === undefined) mine.to.end()
  else mine.ended = true
}

function onError(this: Joined, error: Error): void {
  this[side].joint.close('error', error)
}

function onClose(this: Joined): void {
  const mine = this[side]
  if (mine.closed) return
  mine.closed = true
  this.off('error', onError)
  this.off('data', onData)
  this.off('drain', onDrain)
  this.off('end', onEnd)
  this.off('close', onClose)
  // Closed before its work was done: the other side must not wait for it. What is held back of a clean end still goes.
  if (!this.readableEnded || !this.writableFinished) mine.to.destroy()
  mine.joint.sideClosed()
}
