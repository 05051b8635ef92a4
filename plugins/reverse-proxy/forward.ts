import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ProxyError } from '../../src/contract/errors.ts'
import type { DispatchOptions } from '../../src/contract/layer.ts'
import type { Upstream } from '../../src/contract/pool.ts'
import { buildRequestFields } from '../../src/http/request-fields.ts'
import { onClientGone } from '../kernel/admission.ts'
import { hasBody, liftShield } from '../kernel/body-shield.ts'
import { answerFailure } from '../kernel/refuse.ts'
import { isUpgrade } from '../kernel/upgrades.ts'
import { Http1Sink } from './http1-sink.ts'
import { Http2Sink } from './http2-sink.ts'
import { Relay } from './relay.ts'
import { ReplySink } from './reply-sink.ts'
import type { RoutePlan } from './route-plan.ts'
import { hasOnSendHooks } from './send-hooks.ts'
import type { Sink } from './sink.ts'

/** Sends one request on, and its answer back. `path` replaces the path and query that would be sent. */
export function forward(plan: RoutePlan, request: FastifyRequest, reply: FastifyReply, path?: string): void {
  liftShield(request)
  const { choose } = plan
  if (choose === undefined) {
    begin(plan, undefined, request, reply, path)
    return
  }
  let chosen: Upstream | Promise<Upstream>
  try {
    chosen = choose(request)
  } catch (error) {
    fail(plan, request, reply, chooserFailed(error as Error))
    return
  }
  if (!(chosen instanceof Promise)) {
    begin(plan, chosen, request, reply, path)
    return
  }
  chosen.then(
    (upstream) => begin(plan, upstream, request, reply, path),
    (error: Error) => fail(plan, request, reply, chooserFailed(error)),
  )
}

function chooserFailed(error: Error): ProxyError {
  return new ProxyError('SP_DNS', `no upstream for this request: ${error.message}`, error)
}

function fail(plan: RoutePlan, request: FastifyRequest, reply: FastifyReply, error: ProxyError): void {
  answerFailure(reply, request.exchange, error, plan.scope.pseudonym)
}

function begin(
  plan: RoutePlan,
  upstream: Upstream | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string | undefined,
): void {
  const { raw } = request
  const { exchange } = request
  const { target } = exchange
  if (reply.raw.destroyed) return
  const upgrade = isUpgrade(raw)
  if (upgrade && plan.upgrade === undefined) {
    fail(plan, request, reply, new ProxyError('SP_UPGRADE_FAILED', 'upgrades are off for this route'))
    return
  }
  const mapped = path ?? plan.toPath(target)
  if (mapped === undefined) {
    fail(plan, request, reply, new ProxyError('SP_BAD_PATH', 'the raw path leaves the prefix of the route'))
    return
  }
  const body = hasBody(raw)
  if (body) {
    const problem = bodyProblem(plan, raw)
    if (problem !== undefined) {
      fail(plan, request, reply, problem)
      return
    }
  }

  const { requestFields, connectTimeout, firstByteTimeout, betweenBytesTimeout, mirror } = plan
  const pool = plan.pool?.(exchange)
  const { atUpstream } = requestFields
  let headers: string[]
  try {
    headers = buildRequestFields(requestFields, exchange, upgrade)
    if (upstream !== undefined && atUpstream !== undefined) headers = atUpstream(headers, upstream, exchange)
  } catch (error) {
    fail(plan, request, reply, error instanceof ProxyError ? error : new ProxyError('SP_INTERNAL', undefined, error))
    return
  }

  const h2 = exchange.protocol === 'HTTP/2.0'
  const relay = new Relay(plan, exchange, request, reply, sinkFor(request, reply, h2))
  onClientGone(reply.raw, relay)
  if (body) relay.watchUpload()

  const options: DispatchOptions = {
    path: path ?? mapped + target.query,
    method: target.method,
    headers,
    body: body ? raw : null,
    upgrade: upgrade ? (raw.headers.upgrade as string) : null,
    headersTimeout: firstByteTimeout,
    bodyTimeout: betweenBytesTimeout,
    connectTimeout,
    exchange,
    pool,
    retry: pool === undefined ? undefined : plan.retry?.(pool),
    mirror,
    cache: plan.cache,
    rules: plan.rules,
    locate: plan.locate,
    upstream,
    atUpstream: atUpstream === undefined ? undefined : (fields, picked) => atUpstream(fields, picked, exchange),
    requestTrailers: body && requestFields.trailers ? () => raw.rawTrailers : undefined,
  }
  if (upstream !== undefined) {
    exchange.upstream = upstream
    exchange.facts.upstream = upstream.name
    exchange.facts.attempts = 1
  }

  if (!h2) {
    // A request that came pipelined waits for its turn: one client connection has one exchange upstream at a time.
    if (reply.raw.socket !== null) dispatch(plan, options, relay)
    else whenInTurn(raw, reply.raw, () => dispatch(plan, options, relay))
    return
  }
  // A reset that came in the same read as the request (rapid reset, CVE-2023-44487) is seen within one turn: wait for it.
  setImmediate(() => {
    const { stream } = raw as unknown as Http2ServerRequest
    if (!stream.destroyed && !stream.closed) dispatch(plan, options, relay)
  })
}

/** A layer of the app's own may throw, in a turn where nobody else would catch it. */
function dispatch(plan: RoutePlan, options: DispatchOptions, relay: Relay): void {
  try {
    plan.scope.dispatch(options, relay)
  } catch (error) {
    relay.fail(error instanceof ProxyError ? error : new ProxyError('SP_INTERNAL', undefined, error))
  }
}

/** Node reads ahead on a connection, and gives it to a response when its turn comes. Until then nothing more is read. */
function whenInTurn(raw: IncomingMessage, response: ServerResponse, go: () => void): void {
  const { socket } = raw
  const gone = (): void => {
    response.emit('close')
  }
  socket.pause()
  // One for each that waits, and no more wait than one read has brought.
  socket.setMaxListeners(0)
  socket.once('close', gone)
  response.once('socket', () => {
    socket.off('close', gone)
    socket.resume()
    go()
  })
}

function bodyProblem(plan: RoutePlan, raw: IncomingMessage): ProxyError | undefined {
  if (Number(raw.headers['content-length'] ?? 0) > plan.bodyLimit) {
    return new ProxyError('SP_BODY_TOO_LARGE', `more than ${plan.bodyLimit} bytes`)
  }
  if (raw.readableDidRead || raw.readableEnded) {
    return new ProxyError(
      'SP_BODY_CONSUMED',
      'a body parser or a hook has read the content; give the route config: { proxy: {...} } so that it stays raw',
    )
  }
  return undefined
}

function sinkFor(request: FastifyRequest, reply: FastifyReply, h2: boolean): Sink {
  if (hasOnSendHooks(request)) return new ReplySink(reply)
  return h2 ? new Http2Sink(reply) : new Http1Sink(reply)
}
