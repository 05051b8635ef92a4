import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Timer } from '../../src/contract/clock.ts'
import { ProxyError } from '../../src/contract/errors.ts'
import type { Exchange } from '../../src/contract/exchange.ts'
import { gives, isAtHand } from '../../src/contract/handler.ts'
import type { DispatchController, DispatchHandler } from '../../src/contract/layer.ts'
import type { Upstream } from '../../src/contract/pool.ts'
import { buildResponseFields } from '../../src/http/response-fields.ts'
import { buildTrailers } from '../../src/http/trailers.ts'
import { sendContinue } from '../kernel/continue.ts'
import { answerFailure } from '../kernel/refuse.ts'
import type { RoutePlan } from './route-plan.ts'
import type { Sink } from './sink.ts'
import { spliceUpgrade } from './splice-upgrade.ts'
import { UploadWatch } from './upload-watch.ts'

/** Field lines of an answer; more is 502. Twice what a request may have: answers carry cookies and policies. */
const maxAnswerFields = 200

const waiting = 0
const answering = 1
const over = 2

/** Carries one answer from the upstream to the client, and each side's end to the other. */
export class Relay implements DispatchHandler {
  readonly #plan: RoutePlan
  readonly #exchange: Exchange
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  readonly #sink: Sink
  #controller: DispatchController | undefined
  #state = waiting
  #interims = 0
  #trailersAllowed = false
  #contentAllowed = true
  #upload: UploadWatch | undefined
  #totalTimer: Timer | undefined

  constructor(plan: RoutePlan, exchange: Exchange, request: FastifyRequest, reply: FastifyReply, sink: Sink) {
    this.#plan = plan
    this.#exchange = exchange
    this.#request = request
    this.#reply = reply
    this.#sink = sink
    const { totalTimeout } = plan
    if (totalTimeout > 0) {
      this.#totalTimer = plan.scope.clock.setTimer(() => {
        this.fail(new ProxyError('SP_TOTAL_TIMEOUT', `not over within ${totalTimeout} ms`))
      }, totalTimeout)
    }
  }

  /** The object of fields beside the raw list is never looked at. */
  readonly readsRaw = true

  get borrows(): boolean {
    return this.#sink.borrows
  }

  /** Watches the upload against the route's limits. */
  watchUpload(): void {
    const { uploadRate, bodyLimit, scope } = this.#plan
    if (uploadRate === undefined && bodyLimit === Number.POSITIVE_INFINITY) return
    const { raw } = this.#request
    // A gRPC client may be silent for as long as it likes: its stream is a conversation, not an upload.
    const rate = raw.headers['content-type']?.startsWith('application/grpc') === true ? undefined : uploadRate
    this.#upload = new UploadWatch(scope.clock, { size: bodyLimit, rate }, raw, (error) => this.fail(error))
  }

  /** The client left: the upstream learns it in this very turn. */
  clientGone(): void {
    if (this.#state !== over) {
      this.#finish()
      this.#exchange.facts.error ??= 'SP_CLIENT_GONE'
      this.#controller?.abort(new ProxyError('SP_CLIENT_GONE'))
    }
    this.#exchange.leave()
  }

  /** Ends the exchange with an error: an answer while that is still possible, a broken connection after. */
  fail(error: ProxyError): void {
    if (this.#state === over) return
    this.#finish()
    // Whatever waits in a queue or would try again: nobody waits for it any more.
    this.#exchange.leave()
    this.#controller?.abort(error)
    const { facts } = this.#exchange
    facts.error = error.code
    facts.cause = error
    if (this.#sink.started) this.#sink.break()
    else if (!this.#reply.sent && !this.#reply.raw.destroyed) {
      answerFailure(this.#reply, this.#exchange, error, this.#plan.scope.pseudonym)
    }
  }

  #finish(): void {
    this.#state = over
    this.#upload?.stopRate()
    if (this.#totalTimer !== undefined) this.#plan.scope.clock.clearTimer(this.#totalTimer)
  }

  onRequestStart(controller: DispatchController): void {
    this.#controller = controller
    if (this.#state === over) {
      controller.abort(new ProxyError('SP_CLIENT_GONE'))
      return
    }
    sendContinue(this.#request.raw, this.#reply.raw)
  }

  onBodySent(chunk: Buffer): void {
    this.#exchange.facts.bytesReceived += chunk.length
    this.#upload?.received(chunk.length)
  }

  onRequestSent(): void {
    this.#upload?.stopRate()
  }

  onRequestUpgrade(
    controller: DispatchController,
    status: number,
    _headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    if (this.#state === over) {
      socket.destroy()
      return
    }
    this.#finish()
    const fields = this.#fields(rawOf(controller.rawHeaders))
    if (fields === undefined) {
      socket.destroy()
      this.#state = waiting
      this.fail(new ProxyError('SP_UPGRADE_FAILED'))
      return
    }
    spliceUpgrade(this.#plan, this.#exchange, this.#reply, status, rawOf(controller.rawHeaders), fields, socket)
  }

  onResponseStart(
    controller: DispatchController,
    status: number,
    _headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    if (this.#state === over) return
    const raw = rawOf(controller.rawHeaders)
    if (status >= 100 && status < 200) {
      this.#interim(status, raw)
      return
    }
    const { facts, protocol, startedAt } = this.#exchange
    facts.firstByte = this.#plan.scope.clock.now() - startedAt
    // RFC 9110 15: a status outside 100 to 599 is invalid.
    if (status < 100 || status > 599) {
      this.fail(new ProxyError('SP_UPSTREAM_PROTOCOL', `status ${status}`))
      return
    }
    if (raw.length > maxAnswerFields * 2) {
      this.fail(new ProxyError('SP_UPSTREAM_FIELDS', `more than ${maxAnswerFields} field lines`))
      return
    }
    this.#trailersAllowed = protocol !== 'HTTP/1.0'
    const fields = this.#fields(raw)
    if (fields === undefined) {
      this.fail(new ProxyError('SP_UPSTREAM_PROTOCOL', 'a transfer coding other than chunked'))
      return
    }
    this.#state = answering
    this.#upload?.stopRate()
    const { replyFields } = this.#exchange
    if (replyFields !== undefined) fields.push(...replyFields)
    this.#contentAllowed = status !== 205
    facts.status = status
    if (status === 204 || status === 205) dropLength(fields)
    if (status === 205) fields.push('Content-Length', '0')
    // RFC 9112 9.6: the connection ends with this answer, and the client should know.
    if (this.#plan.scope.drain.closing && protocol !== 'HTTP/2.0') fields.push('Connection', 'close')
    this.#sink.head(status, statusMessage ?? '', fields, isAtHand(controller))
  }

  #interim(status: number, raw: readonly (Buffer | string)[]): void {
    const { maxInterim } = this.#plan
    if (++this.#interims > maxInterim) {
      this.fail(new ProxyError('SP_UPSTREAM_PROTOCOL', `more than ${maxInterim} interim answers`))
      return
    }
    if (status === 101) {
      this.fail(new ProxyError('SP_UPSTREAM_PROTOCOL', '101 that nobody asked for'))
      return
    }
    // RFC 9110 15.2: never to an HTTP/1.0 client. 100 is ours to send.
    if (status === 100 || this.#exchange.protocol === 'HTTP/1.0') return
    const fields = this.#fields(raw)
    if (fields !== undefined && !this.#reply.raw.destroyed) this.#sink.interim(status, fields)
  }

  onResponseData(controller: DispatchController, chunk: Buffer): void {
    if (this.#state !== answering || !this.#contentAllowed) return
    this.#exchange.facts.bytesSent += chunk.length
    if (this.#sink.data(chunk, gives(controller))) return
    controller.pause()
    // Made here and not with the head: most answers never need it, and it would keep each alive past its end.
    this.#sink.onDrain ??= () => controller.resume()
  }

  onResponseEnd(controller: DispatchController): void {
    if (this.#state !== answering) return
    this.#finish()
    const trailers = rawOf(controller.rawTrailers)
    this.#sink.end(trailers.length > 0 && this.#trailersAllowed ? buildTrailers(trailers) : none)
  }

  onResponseError(_controller: DispatchController, error: Error): void {
    if (this.#state === over) return
    if (error instanceof ProxyError) {
      // An answer that broke off is told apart from one that never came.
      if (this.#state === answering && error.code === 'SP_UPSTREAM_RESET') {
        this.fail(new ProxyError('SP_UPSTREAM_INCOMPLETE', error.message, error))
      } else {
        this.fail(error)
      }
      return
    }
    this.fail(new ProxyError('SP_INTERNAL', error.message, error))
  }

  #fields(raw: readonly (Buffer | string)[]): string[] | undefined {
    const upstream = this.#exchange.upstream as Upstream
    const { responseFields, mapping } = this.#plan
    return buildResponseFields(responseFields, this.#exchange, raw, upstream, mapping(upstream), this.#trailersAllowed)
  }
}

const none: readonly string[] = Object.freeze([])

/** RFC 9110 8.6: no Content-Length with 204. 15.3.6: no content with 205, so what the field says is wrong there. */
function dropLength(fields: string[]): void {
  for (let i = fields.length - 2; i >= 0; i -= 2) {
    if ((fields[i] as string).toLowerCase() === 'content-length') fields.splice(i, 2)
  }
}

function rawOf(list: DispatchController['rawHeaders']): readonly (Buffer | string)[] {
  return Array.isArray(list) ? list : none
}
