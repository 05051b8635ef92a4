import type { ServerResponse } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, errorTable } from '../../src/contract/errors.ts'
import { Exchange, type ExchangeKind, requestField } from '../../src/contract/exchange.ts'
import type { Refusal } from '../../src/contract/guard.ts'
import type { Client, Target } from '../../src/contract/target.ts'
import { compilePathPolicy, type PathPolicy } from '../../src/http/path-policy.ts'
import { checkRequest } from '../../src/http/request-check.ts'
import { RequestFault, type RequestHead, readTarget } from '../../src/http/target.ts'
import { viaLoop } from '../../src/http/via.ts'
import { identifyClient, trustedScheme } from '../../src/net/client-identity.ts'
import { allowed } from './allowed.ts'
import { shieldBody } from './body-shield.ts'
import type { KernelSettings } from './options.ts'
import { answerRefusal, refusalOf, wasDropped } from './refuse.ts'
import type { RequestIds } from './request-id.ts'
import type { Scope } from './scope.ts'
import { isUpgrade } from './upgrades.ts'

/** What the kernel itself reads of `config.proxy`. */
export interface RouteChecks {
  readonly policy: PathPolicy
  readonly underscores: 'drop' | 'refuse' | 'pass'
  readonly trace: boolean
  readonly via: boolean
}

export type AdmissionHook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

const kExchange = Symbol('sallyport.exchange')
type Watched = ServerResponse & { [kExchange]?: Watch }

interface Watch {
  readonly exchange: Exchange
  readonly scope: Scope
  relay: { clientGone(): void } | undefined
}

/**
 * The gate of one route: reads the request once, refuses what is malformed or what a guard refuses, and sees to it that
 * the exchange is settled when its response is over, however that comes.
 */
export function admission(settings: KernelSettings, ids: RequestIds, scope: Scope, checks: RouteChecks): AdmissionHook {
  return function admit(request, reply, done) {
    const answer = pass(settings, ids, scope, checks, request, reply)
    if (answer === true) {
      shieldBody(request)
      done()
    } else if (answer !== false) {
      answer.then((yes) => {
        if (!yes) return
        shieldBody(request)
        done()
      })
    }
  }
}

/** The same for a handler that calls `reply.proxy()` on a route that is not a proxied one. True: go on. */
export function admitNow(request: FastifyRequest, reply: FastifyReply, scope: Scope): boolean | Promise<boolean> {
  if ((request.exchange as Exchange | null) !== null) return true
  return pass(scope.settings, scope.ids, scope, plainChecks, request, reply)
}

const nobody: Client = Object.freeze({ ip: '', port: 0, peer: '', trusted: false })

const plainChecks: RouteChecks = { policy: compilePathPolicy(undefined), underscores: 'drop', trace: false, via: true }

/** Opens the exchange and asks the guards. False: a refusal has been answered. */
function pass(
  settings: KernelSettings,
  ids: RequestIds,
  scope: Scope,
  checks: RouteChecks,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean | Promise<boolean> {
  const { pseudonym } = settings
  const { exchange, refusal } = openExchange(settings, ids, checks, request)
  ;(request as { exchange: Exchange }).exchange = exchange
  watch(reply.raw, exchange, scope)

  let answer: Refusal | undefined | Promise<Refusal | undefined>
  try {
    answer = refusal ?? scope.admit(exchange)
  } catch (error) {
    answer = guardFailed(exchange, error)
  }
  if (!(answer instanceof Promise)) return verdict(answer, exchange, reply, pseudonym)
  return answer.then(
    (late) => verdict(late, exchange, reply, pseudonym),
    (error: unknown) => verdict(guardFailed(exchange, error), exchange, reply, pseudonym),
  )
}

/** Fail closed: a guard that throws has not said yes. What it threw is for the log alone. */
function guardFailed(exchange: Exchange, error: unknown): Refusal {
  exchange.facts.cause = error
  return refusalOf('SP_INTERNAL', 'a guard threw')
}

/** True: go on. False: it has been answered, or nobody is there to be answered. */
function verdict(given: Refusal | undefined, exchange: Exchange, reply: FastifyReply, pseudonym: string): boolean {
  if (reply.raw.destroyed) return false
  if (given !== undefined) {
    // `async () => false` is easily written. It is neither a yes nor a refusal that could be answered.
    const refusal = isRefusal(given) ? given : guardFailed(exchange, new TypeError(notRefusal))
    refuse(reply, exchange, refusal, pseudonym)
    return false
  }
  if (exchange.target.method !== 'OPTIONS' || requestField(exchange, 'max-forwards') !== '0') return true
  // RFC 9110 7.6.2: the count has run out, so this is where the request is answered.
  reply.code(204).header('allow', allowed).send()
  return false
}

const notRefusal = 'a guard gave neither undefined nor a refusal with a code and a status from 400 to 599'

function isRefusal(given: unknown): given is Refusal {
  if (typeof given !== 'object' || given === null) return false
  const { code, status } = given as Partial<Refusal>
  return typeof code === 'string' && Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599
}

function refuse(reply: FastifyReply, exchange: Exchange, refusal: Refusal, pseudonym: string): void {
  exchange.facts.refusal = refusal.code
  if (Object.hasOwn(errorTable, refusal.code)) exchange.facts.error = refusal.code as ErrorCode
  exchange.facts.cause ??= refusal.detail
  answerRefusal(reply, exchange, refusal, pseudonym)
}

/** Reads a request into an exchange; a request that must not pass comes with the refusal. */
function openExchange(
  settings: KernelSettings,
  ids: RequestIds,
  checks: RouteChecks,
  request: FastifyRequest,
): { exchange: Exchange; refusal: Refusal | undefined } {
  const { raw } = request
  const { rawHeaders: rawFields, httpVersionMajor, httpVersionMinor } = raw
  const h2 = (raw as unknown as Http2ServerRequest).stream !== undefined
  const socket = h2 ? (raw as unknown as Http2ServerRequest).stream.session?.socket : raw.socket
  // A socket that is gone has no address either, and is no Unix socket for that: nobody trusts it.
  const gone = socket === undefined || socket.destroyed
  const client = gone ? nobody : identifyClient(socket.remoteAddress, socket.remotePort, rawFields, settings.trusted)
  const head: RequestHead = {
    method: raw.method as string,
    url: raw.url ?? '',
    rawFields,
    httpVersionMajor,
    httpVersionMinor,
    h2,
    encrypted: (socket as { encrypted?: boolean } | undefined)?.encrypted === true,
    trusted: client.trusted,
  }
  const fault = checkRequest(head, settings.limits, checks.underscores)
  let target = fault ?? readTarget(head, checks.policy, settings.limits)
  if (client.trusted && !(target instanceof RequestFault)) target = asTheTrustedPeerSays(target, client, rawFields)

  const exchange = new Exchange(
    isUpgrade(raw) ? ('upgrade' satisfies ExchangeKind) : 'http',
    ids.of(client, rawFields),
    target instanceof RequestFault ? unreadTarget(head) : target,
    client,
    h2 ? 'HTTP/2.0' : httpVersionMinor === 0 ? 'HTTP/1.0' : 'HTTP/1.1',
    rawFields,
    settings.clock.now(),
  )
  return { exchange, refusal: refusalFor(target, exchange, checks, settings.pseudonym) }
}

function refusalFor(
  target: Target | RequestFault,
  exchange: Exchange,
  checks: RouteChecks,
  pseudonym: string,
): Refusal | undefined {
  if (target instanceof RequestFault) {
    const refusal = refusalOf(target.code, target.detail)
    // A head that is wrong as a whole may be read in two ways: nothing more is read behind it (RFC 9112 11.2).
    const clear = target.code === 'SP_BAD_PATH' || target.code === 'SP_URI_TOO_LONG'
    return clear || exchange.protocol === 'HTTP/2.0' ? refusal : { ...refusal, manner: 'close' }
  }
  if (target.method === 'TRACE' && !checks.trace) return refusalOf('SP_METHOD_NOT_ALLOWED', 'TRACE is off')
  if (checks.via && viaLoop(exchange, pseudonym)) return refusalOf('SP_LOOP', `Via already names ${pseudonym}`)
  return undefined
}

function asTheTrustedPeerSays(target: Target, client: Client, rawFields: readonly string[]): Target {
  const scheme = trustedScheme(client, rawFields)
  return scheme === undefined || scheme === target.scheme ? target : Object.freeze({ ...target, scheme })
}

/** For the log of a request that could not be read. Never used to send anything. */
function unreadTarget(head: RequestHead): Target {
  const path = head.url.slice(0, 2048)
  return Object.freeze({
    method: head.method,
    scheme: head.encrypted ? 'https' : 'http',
    authority: '',
    host: '',
    port: undefined,
    path,
    query: '',
    canonicalPath: path,
  })
}

/** Settles the exchange when the response is over: sent, broken or abandoned. */
function watch(response: ServerResponse, exchange: Exchange, scope: Scope): void {
  ;(response as Watched)[kExchange] = { exchange, scope, relay: undefined }
  scope.drain.opened()
  response.on('close', onClose)
}

/** Whom to tell, within the turn, that the response was closed before or after its end. */
export function onClientGone(response: ServerResponse, relay: { clientGone(): void }): void {
  const watch = (response as Watched)[kExchange]
  if (watch !== undefined) watch.relay = relay
}

function onClose(this: Watched): void {
  const watched = this[kExchange]
  if (watched === undefined) return
  const { exchange, scope, relay } = watched
  relay?.clientGone()
  // An upgraded connection outlives its response: the splice settles it.
  if (exchange.facts.status === 101) return
  if (!wasDropped(exchange)) {
    if (exchange.facts.status === 0) exchange.facts.status = this.headersSent ? this.statusCode : 499
    if (!this.writableFinished) exchange.facts.error ??= 'SP_CLIENT_GONE'
  }
  scope.settle(exchange)
}
