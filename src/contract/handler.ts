import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { DispatchController, DispatchHandler } from './layer.ts'

/** Passes every call on. A layer extends it and says only what it does differently. */
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
