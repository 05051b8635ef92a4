import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { DispatchController, DispatchHandler } from '../../src/contract/layer.ts'

/** Writes down what a transport tells its handler. */
export class Recorder implements DispatchHandler {
  /** Names of the calls, in order; data once for any number of chunks. */
  calls: string[] = []
  controller: DispatchController | undefined
  status = 0
  statusMessage: string | undefined
  headers: IncomingHttpHeaders = {}
  raw: string[] = []
  interim: { status: number; raw: string[] }[] = []
  body = ''
  bytes = 0
  trailers: string[] = []
  parsedTrailers: IncomingHttpHeaders = {}
  error: (Error & { code?: string; unprocessed?: boolean }) | undefined
  socket: Duplex | undefined
  readonly #over = Promise.withResolvers<this>()
  readonly #head = Promise.withResolvers<this>()
  readonly #more: { test: () => boolean; resolve: () => void }[] = []

  /** After End, Error or Upgrade. */
  get over(): Promise<this> {
    return this.#over.promise
  }

  /** After the final head. */
  get answered(): Promise<this> {
    return this.#head.promise
  }

  /** When the body so far satisfies `test`. */
  async until(test: () => boolean): Promise<void> {
    if (!test()) await new Promise<void>((resolve) => this.#more.push({ test, resolve }))
  }

  onRequestStart(controller: DispatchController): void {
    this.calls.push('start')
    this.controller = controller
  }

  onRequestUpgrade(controller: DispatchController, status: number, headers: IncomingHttpHeaders, socket: Duplex): void {
    this.calls.push('upgrade')
    this.status = status
    this.headers = headers
    this.raw = [...(controller.rawHeaders as string[])]
    this.socket = socket
    this.#over.resolve(this)
  }

  onResponseStart(controller: DispatchController, status: number, headers: IncomingHttpHeaders, text?: string): void {
    const raw = [...(controller.rawHeaders as string[])]
    if (status < 200) {
      this.calls.push('interim')
      this.interim.push({ status, raw })
      return
    }
    this.calls.push('head')
    this.status = status
    this.statusMessage = text
    this.headers = headers
    this.raw = raw
    this.#head.resolve(this)
  }

  onResponseData(_: DispatchController, chunk: Buffer): void {
    if (this.calls.at(-1) !== 'data') this.calls.push('data')
    this.bytes += chunk.length
    if (this.bytes < 1024 * 1024) this.body += chunk.toString('latin1')
    for (const one of this.#more) if (one.test()) one.resolve()
  }

  onResponseEnd(controller: DispatchController, trailers: IncomingHttpHeaders): void {
    this.calls.push('end')
    this.trailers = [...((controller.rawTrailers ?? []) as string[])]
    this.parsedTrailers = trailers
    this.#over.resolve(this)
  }

  onResponseError(_: DispatchController, error: Error): void {
    this.calls.push('error')
    this.error = error
    this.#over.resolve(this)
  }
}
