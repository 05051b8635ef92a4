import type { IncomingHttpHeaders } from 'node:http'
import {
  type DispatchController,
  type DispatchHandler,
  type DispatchOptions,
  idleController,
} from '../../contract/layer.ts'
import type { Upstream } from '../../contract/pool.ts'
import type { Leg } from './history.ts'

/** What a runner takes part in. It is the controller too that the handler holds. */
export interface Contest extends DispatchController {
  readonly options: DispatchOptions
  readonly handler: DispatchHandler
  readonly over: boolean
  readonly winner: Runner | undefined
  started(runner: Runner, context: unknown): void
  sent(): void
  /** True when the head is this runner's to tell. */
  answers(runner: Runner, status: number): boolean
  failed(runner: Runner, error: Error): void
  end(): void
}

/** One attempt, with what follows when it cannot connect. */
export class Runner implements DispatchHandler, Leg {
  controller: DispatchController = idleController
  open = true
  readonly #contest: Contest
  #options: DispatchOptions | undefined
  #protocol: string | undefined
  #reused = false

  constructor(contest: Contest) {
    this.#contest = contest
  }

  begins(options: DispatchOptions): void {
    this.#options = options
  }

  /** Where it is now. */
  get upstream(): Upstream | undefined {
    return this.#options?.picked?.at(-1)
  }

  get tried(): Upstream[] {
    const { tried = [], picked = [] } = this.#options ?? {}
    return [...tried, ...picked]
  }

  get wanted(): boolean {
    const { over, winner } = this.#contest
    return this.open && !over && (winner === undefined || winner === this)
  }

  /** Says in the facts what this one, and not the one that began last, has met with. */
  mark(): void {
    const { exchange } = this.#contest.options
    const { upstream } = this
    if (exchange === undefined || upstream === undefined) return
    exchange.upstream = upstream
    exchange.facts.upstream = upstream.name
    exchange.facts.upstreamProtocol = this.#protocol
    exchange.facts.reused = this.#reused
  }

  onRequestStart(controller: DispatchController, context: unknown): void {
    this.controller = controller
    const facts = this.#contest.options.exchange?.facts
    if (facts !== undefined) {
      this.#protocol = facts.upstreamProtocol
      this.#reused = facts.reused
    }
    this.#contest.started(this, context)
  }

  onRequestSent(): void {
    this.#contest.sent()
  }

  onResponseStart(controller: DispatchController, status: number, headers: IncomingHttpHeaders, text?: string): void {
    this.controller = controller
    if (this.#contest.answers(this, status))
      this.#contest.handler.onResponseStart?.(this.#contest, status, headers, text)
  }

  onResponseData(_controller: DispatchController, chunk: Buffer): void {
    if (this.wanted) this.#contest.handler.onResponseData?.(this.#contest, chunk)
  }

  onResponseEnd(_controller: DispatchController, trailers: IncomingHttpHeaders): void {
    if (!this.wanted) return
    this.open = false
    this.#contest.end()
    this.#contest.handler.onResponseEnd?.(this.#contest, trailers)
  }

  onResponseError(_controller: DispatchController, error: Error): void {
    this.#contest.failed(this, error)
  }
}
