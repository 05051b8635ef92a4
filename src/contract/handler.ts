import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { DispatchController, DispatchHandler } from './layer.ts'

/**
 * A handler that keeps no content may say so, and is then lent it where that spares memory: a chunk of at least
 * `leastLent` bytes is what it is until `onResponseData` returns or, where that has paused, until the handler resumes.
 */
export interface Borrower {
  readonly borrows: boolean
}

/** Bytes. A smaller chunk is always the handler's own. */
export const leastLent = 16 * 1024

/** May it be lent its chunks? Whoever does not say is given chunks of its own. */
export function borrows(handler: DispatchHandler): boolean {
  return (handler as Partial<Borrower>).borrows === true
}

/** A controller that never lends: its chunks are the handler's for as long as it likes, to read. */
export interface Giver {
  readonly gives: boolean
  /** True with a head that content and end follow in the same turn. */
  readonly isAtHand: boolean
}

export function gives(controller: DispatchController): boolean {
  return (controller as Partial<Giver>).gives === true
}

export function isAtHand(controller: DispatchController): boolean {
  return (controller as Partial<Giver>).isAtHand === true
}

/** A handler that reads `controller.rawHeaders` alone may say so: the object of fields beside it may then be empty. */
export interface RawReader {
  readonly readsRaw: boolean
}

export function readsRaw(handler: DispatchHandler): boolean {
  return (handler as Partial<RawReader>).readsRaw === true
}

/**
 * Passes every call on. A layer extends it and says only what it does differently. It is given chunks of its own, which it
 * may keep; one that keeps none, and passes them on in the same turn, says `borrows(this.inner)` for `borrows`.
 */
export class WrappedHandler implements DispatchHandler {
  protected readonly inner: DispatchHandler

  constructor(inner: DispatchHandler) {
    this.inner = inner
  }

  onRequestStart(controller: DispatchController, context: unknown): void {
    this.inner.onRequestStart?.(controller, context)
  }

  onRequestUpgrade(controller: DispatchController, status: number, headers: IncomingHttpHeaders, socket: Duplex): void {
    this.inner.onRequestUpgrade?.(controller, status, headers, socket)
  }

  onResponseStart(
    controller: DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    this.inner.onResponseStart?.(controller, status, headers, statusMessage)
  }

  onResponseData(controller: DispatchController, chunk: Buffer): void {
    this.inner.onResponseData?.(controller, chunk)
  }

  onResponseEnd(controller: DispatchController, trailers: IncomingHttpHeaders): void {
    this.inner.onResponseEnd?.(controller, trailers)
  }

  onResponseError(controller: DispatchController, error: Error): void {
    this.inner.onResponseError?.(controller, error)
  }

  onBodySent(chunk: Buffer): void {
    this.inner.onBodySent?.(chunk)
  }

  onRequestSent(): void {
    this.inner.onRequestSent?.()
  }
}
