import type { IncomingHttpHeaders } from 'node:http'
import { ProxyError } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import { borrows } from '../contract/handler.ts'
import type { DispatchController, DispatchHandler } from '../contract/layer.ts'
import { Discard } from '../http/discard.ts'
import type { Answer, Source } from './answer.ts'
import { type Forward, tellForward } from './cache-status.ts'
import { joined, unite } from './combine.ts'
import { Crowd } from './crowd.ts'
import { detached, tellOf } from './detached-exchange.ts'
import type { FillHost, FillMode, HitDetail } from './fill-host.ts'
import type { Head } from './head.ts'
import type { Circumstances } from './make-head.ts'
import { isOfRequest } from './may-store.ts'
import { type Arrival, type Outcome, outcomeOf } from './outcome.ts'
import { isForCrowd, mayServeDisconnected } from './reuse.ts'
import { SharedResponse } from './shared-response.ts'
import { isOfOneRequest } from './status-rules.ts'
import type { Entry, Writer } from './store.ts'
import { requestFor } from './upstream-request.ts'
import { matchesVary } from './vary.ts'
import { lengthIn, passedView } from './view.ts'

const waiting = 0
const sharing = 1
const passing = 2
const draining = 3
const over = 4

/** What a call to the upstream is for. */
export interface FillTask {
  readonly mode: FillMode
  readonly forward: Forward
  /** The stored response that is validated or completed. */
  readonly base: Entry | undefined
  /** Nobody waits for it. */
  readonly isBackground: boolean
}

/**
 * One call to the upstream, for one client or for many that want the same. It is the cache's own: no client that leaves ends
 * it for the others.
 */
export class Fill implements DispatchHandler, Source {
  readonly lead: Answer
  readonly task: FillTask
  readonly #host: FillHost
  readonly #exchange: Exchange
  /** Those that the head will be for; the lead is one, while it is there. */
  readonly #crowd: Crowd
  #controller: DispatchController | undefined
  #state = waiting
  #shared: SharedResponse | undefined
  /** The rest of an answer that nobody needs. */
  #discard: Discard | undefined
  #isSpoiled = false
  #isUnwanted = false
  #requestTime = 0

  constructor(host: FillHost, lead: Answer, task: FillTask) {
    this.#host = host
    this.lead = lead
    this.task = task
    this.#crowd = new Crowd(host.clock, (tired) => {
      for (const answer of tired) {
        // The lead has its own call to wait for.
        if (answer === lead) this.#crowd.add(lead, 0)
        else host.again(answer, true)
      }
    })
    if (!task.isBackground) this.#crowd.add(lead, 0)
    this.#exchange = task.mode === 'solo' ? lead.exchange : detached(lead.exchange)
  }

  /** What goes to one client and nowhere else may be lent. */
  get borrows(): boolean {
    return this.#state === passing && borrows(this.lead.handler)
  }

  begin(): void {
    const { lead, task } = this
    this.#requestTime = this.#host.clock.wall()
    if (!task.isBackground) lead.source = this
    try {
      const headers = requestFor(lead, task.mode, task.base?.head) as string[]
      lead.dispatch({ ...lead.options, headers, exchange: this.#exchange }, this)
    } catch (error) {
      this.#fail(error instanceof ProxyError ? error : new ProxyError('SP_INTERNAL', (error as Error).message, error))
    }
  }

  /** May this request have the answer too? While the head is not known, all may that ask for the same. */
  accepts(answer: Answer): boolean {
    const { request } = answer
    const { request: own, url } = this.lead
    if (this.task.mode === 'solo' || this.task.isBackground || this.#isSpoiled || this.#isUnwanted) return false
    if (own.method === 'HEAD' || request.range !== own.range || request.ifRange !== own.ifRange) return false
    if (this.#state === waiting) return this.#host.lore.mayShare(own, request, url)
    return this.#state === sharing && this.#shared?.isJoinable === true && this.#shared.fits(answer)
  }

  /** One more client. */
  join(answer: Answer): void {
    answer.collapsed = true
    if (this.#shared !== undefined) {
      this.#shared.join(answer)
      return
    }
    answer.source = this
    this.#crowd.add(answer, answer.plan.collapse)
  }

  /** What it brings is out of date already: a purge, or a change that went by. */
  spoil(): void {
    this.#isSpoiled = true
    this.#shared?.spoil()
  }

  onRequestStart(controller: DispatchController): void {
    this.#controller = controller
    if (this.#isUnwanted) controller.abort(new ProxyError('SP_CLIENT_GONE'))
  }

  onResponseStart(controller: DispatchController, status: number, headers: IncomingHttpHeaders, message = ''): void {
    if (this.#state !== waiting) return
    const raw = controller.rawHeaders as string[]
    if (status < 200) {
      // Never stored, and who shares the answer has not asked with it in mind.
      if (this.task.isBackground) return
      // What the fields of an answer are rewritten by.
      this.lead.exchange.upstream ??= this.#exchange.upstream
      this.lead.interim(status, raw, headers, message)
      return
    }
    this.#controller = controller
    const { lead, task } = this
    if (!task.isBackground) tellOf(this.#exchange, lead.exchange)
    const arrival = { status, message, raw }
    if (lead.request.method === 'HEAD') this.#settleHead(arrival)
    else if (this.#isSpoiled) this.#passSpoiled(arrival)
    else this.#settle(outcomeOf(lead.plan, task.mode, task.base, this.#circumstances(arrival), arrival), arrival)
  }

  onResponseData(controller: DispatchController, chunk: Buffer): void {
    if (this.#state === sharing) this.#shared?.push(chunk)
    else if (this.#state === passing) {
      this.lead.data(chunk)
      if (this.lead.paused) controller.pause()
    } else this.#discard?.data(chunk)
  }

  onResponseEnd(controller: DispatchController): void {
    const state = this.#state
    const trailers = controller.rawTrailers as string[] | null
    this.#ended()
    if (state === passing) this.lead.end(trailers)
    if (state === sharing) this.#shared?.end(trailers)
  }

  onResponseError(_controller: DispatchController, error: Error): void {
    this.#fail(error)
  }

  resumed(): void {
    this.#controller?.resume()
  }

  left(answer: Answer): void {
    const waited = this.#crowd.delete(answer)
    if (this.#state === passing ? answer === this.lead : waited && this.#crowd.size === 0) this.#abandon()
  }

  /** It says how the stored response stands: by 304, or by its fields (RFC 9111 4.3.5). */
  #settleHead(arrival: Arrival): void {
    const { lead, task } = this
    if (this.#isSpoiled) {
      this.#passSpoiled(arrival)
      return
    }
    const around = { ...this.#circumstances(arrival), method: 'GET' }
    const mayStand = task.mode === 'validate' && arrival.status !== 200
    const outcome = mayStand ? outcomeOf(lead.plan, task.mode, task.base, around, arrival) : undefined
    if (outcome === undefined || outcome.kind === 'share' || outcome.kind === 'pass') {
      this.#host.headCame(lead, arrival, around)
      this.#pass(arrival, undefined)
    } else this.#settle(outcome, arrival)
  }

  #settle(outcome: Outcome, arrival: Arrival): void {
    const { store } = this.#host
    const base = this.task.base as Entry
    switch (outcome.kind) {
      case 'share':
        this.#share(outcome, arrival)
        return
      case 'pass':
        // What stood there before does not stand any more, unless it is the server that fails. And nobody shall empty a
        // store, or part those that wait for one call, by a request that makes its own answer an odd one.
        if (!isOfOneRequest(arrival.status)) {
          if (this.task.base !== undefined && arrival.status < 500 && !isOfRequest(outcome.refusal)) store.remove(base)
          this.#host.lore.markUnshared(this.lead)
        }
        this.#pass(arrival, outcome.refusal)
        return
      case 'validated':
        store.update(base, outcome.head)
        this.#serve(base, outcome.head, 'validated')
        return
      case 'validated-once':
        store.remove(base)
        this.#serve(base, outcome.head, 'validated', true)
        return
      case 'stale-if-error':
        this.#serve(base, base.head, 'stale-if-error')
        return
      case 'refetch':
        store.remove(base)
        this.#drain()
        for (const answer of this.#crowd.take()) this.#host.again(answer, false)
    }
  }

  /** What stood there is gone, and with it what 304 and a part would go with: nobody has asked for those. */
  #passSpoiled(arrival: Arrival): void {
    const { mode } = this.task
    const isOurs = (mode === 'validate' && arrival.status === 304) || (mode === 'complete' && arrival.status === 206)
    if (!isOurs) {
      this.#pass(arrival, 'purged')
      return
    }
    this.#drain()
    for (const answer of this.#crowd.take()) this.#host.again(answer, false)
  }

  /** A stored response answers; what else the upstream says is not needed. */
  #serve(base: Entry, head: Head, detail: HitDetail, onlyLead = false): void {
    this.#drain()
    const isForAll = !onlyLead && isForCrowd(head, this.#host.clock.wall())
    for (const answer of this.#crowd.take()) {
      const fits = answer === this.lead || (isForAll && matchesVary(head.vary, answer.request.fields))
      if (fits) this.#host.serve(answer, base, head, detail)
      else this.#host.again(answer, !isForAll)
    }
  }

  /** For the lead alone. */
  #pass(arrival: Arrival, refusal: string | undefined): void {
    this.#host.over(this)
    const { lead, task } = this
    const others = this.#crowd.take().filter((answer) => answer !== lead)
    if (task.isBackground || lead.over) this.#drain()
    else {
      this.#state = passing
      lead.gives = false
      tellForward(lead, this.#host.name, task.forward, arrival.status, false, refusal)
      const view = task.mode === 'solo' ? undefined : passedView(lead.request, arrival, this.#host.clock.wall())
      if (view === undefined) lead.head(arrival.status, arrival.message, [...arrival.raw])
      else {
        lead.head(view.status, view.message, [...view.fields])
        lead.end(null)
        this.#drain()
      }
    }
    for (const answer of others) this.#host.again(answer, true)
  }

  #share({ head, before, due }: Outcome & { kind: 'share' }, arrival: Arrival): void {
    const { lead, task } = this
    const host = this.#host
    const { maxEntryBytes } = lead.plan
    // A part of its own has the length that it came with; what is completed has that of the whole.
    const isDueTold = before.length > 0
    const size = isDueTold ? due : lengthIn(arrival.raw)
    if ((size ?? due ?? 0) > maxEntryBytes) {
      host.lore.markUnshared(lead)
      this.#pass(arrival, 'size')
      return
    }
    this.#state = sharing
    const writer = this.#writerFor(head, size ?? due)
    const response = { head, size, due, isDueTold, writer, forward: task.forward, exchange: this.#exchange }
    const shared = new SharedResponse(host, response, maxEntryBytes, {
      pause: () => this.#controller?.pause(),
      resume: () => this.#controller?.resume(),
      abandon: () => this.#abandon(),
    })
    this.#shared = shared
    for (const chunk of before) shared.push(chunk)
    host.lore.learnVary(lead.url, head.vary)
    for (const answer of this.#crowd.take()) {
      if (answer === lead) shared.give(lead)
      else if (shared.fits(answer)) shared.join(answer)
      else host.again(answer, !shared.isForAll)
    }
    shared.open()
  }

  #writerFor(head: Head, size: number | undefined): Writer | undefined {
    const { store } = this.#host
    const beside = head.part === undefined ? undefined : this.#host.partBeside(head)
    const union = beside === undefined ? undefined : unite(beside, head)
    if (union === undefined) return store.create(head, size)
    const writer = store.create(union.head, undefined)
    return writer === undefined ? undefined : joined(writer, union)
  }

  #drain(): void {
    this.#state = draining
    this.#host.over(this)
    this.#discard = new Discard(this.#controller as DispatchController, this.#host.clock)
  }

  #ended(): void {
    this.#state = over
    this.#host.over(this)
    this.#discard?.over()
  }

  #abandon(): void {
    this.#isUnwanted = true
    this.#host.over(this)
    if (this.#exchange !== this.lead.exchange) this.#exchange.leave()
    this.#controller?.abort(new ProxyError('SP_CLIENT_GONE'))
  }

  #fail(error: Error): void {
    const state = this.#state
    if (state === over) return
    this.#ended()
    if (state === waiting) this.#failWaiting(error)
    else if (state === sharing) this.#shared?.fail(error)
    else if (state === passing) this.lead.fail(error)
  }

  #failWaiting(error: Error): void {
    const { base } = this.task
    if (!this.task.isBackground) tellOf(this.#exchange, this.lead.exchange)
    const isDown = error instanceof ProxyError && (error.source === 'upstream' || error.code === 'SP_NO_UPSTREAM')
    if (base !== undefined && isDown && mayServeDisconnected(base.head, this.#host.clock.wall())) {
      this.#serve(base, base.head, 'disconnected')
      this.#ended()
      return
    }
    // RFC 9111 5.2.2.2: disconnected, what must be validated is an error, 504 at best.
    const isBound = base !== undefined && isDown && !isForCrowd(base.head, this.#host.clock.wall())
    const failure = isBound ? new ProxyError('SP_NOT_VALIDATED', error.message, error) : error
    for (const answer of this.#crowd.take()) {
      tellForward(answer, this.#host.name, this.task.forward, undefined, false, undefined)
      answer.fail(failure)
    }
  }

  #circumstances({ status, raw }: Arrival): Circumstances {
    const { request, extra } = this.lead
    // A 304 need not repeat what the stored response says of its URL.
    const url = status === 304 ? this.lead.url : this.#host.lore.learnUrl(this.lead, raw)
    const responseTime = this.#host.clock.wall()
    return { request, url, extra, requestTime: this.#requestTime, responseTime, upstream: this.#exchange.upstream }
  }
}
