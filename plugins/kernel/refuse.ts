import type { Http2ServerRequest } from 'node:http2'
import type { FastifyReply } from 'fastify'
import { type ErrorCode, errorTable, type ProxyError } from '../../src/contract/errors.ts'
import { type Exchange, requestField } from '../../src/contract/exchange.ts'
import type { Refusal } from '../../src/contract/guard.ts'
import { errorBody } from '../../src/http/error-body.ts'
import { proxyStatus } from '../../src/http/proxy-status.ts'
import { allowed } from './allowed.ts'

/** The refusal that a row of the error table stands for. */
export function refusalOf(code: ErrorCode, detail: string | undefined): Refusal {
  const { status, text, proxyStatus: type } = errorTable[code]
  return { code, status, text, proxyStatus: type, ...(detail === undefined ? {} : { detail }) }
}

/** Answers a failure: neutral body, Proxy-Status, nothing of the inside. */
export function answerFailure(reply: FastifyReply, exchange: Exchange, error: ProxyError, pseudonym: string): void {
  exchange.facts.error = error.code
  exchange.facts.cause = error
  const refusal = refusalOf(error.code, undefined)
  const { retryAfter } = error
  const told = retryAfter === undefined ? refusal : { ...refusal, fields: ['Retry-After', String(retryAfter)] }
  answerRefusal(reply, exchange, told, pseudonym)
}

/** Answers a no. With a body still to come the connection closes: what follows must never be read as a request. */
export function answerRefusal(reply: FastifyReply, exchange: Exchange, refusal: Refusal, pseudonym: string): void {
  const raw = reply.request.raw
  if (refusal.manner === 'drop') {
    dropped.add(exchange)
    reply.hijack()
    reply.raw.destroy()
    return
  }
  const { type, body } = errorBody(
    requestField(exchange, 'accept'),
    refusal.status,
    refusal.code,
    refusal.text,
    exchange.id,
  )
  reply.code(refusal.status)
  reply.header('content-type', type)
  reply.header('cache-control', 'no-store')
  reply.header('x-content-type-options', 'nosniff')
  reply.header('proxy-status', proxyStatus(pseudonym, refusal.proxyStatus ?? 'http_request_denied'))
  if (refusal.status === 405) reply.header('allow', allowed)
  tellCache(reply, exchange)
  const { fields } = refusal
  if (fields !== undefined) {
    for (let i = 0; i < fields.length; i += 2) reply.header(fields[i] as string, fields[i + 1])
  }
  const bodyToCome = !raw.complete && (raw.headers['transfer-encoding'] ?? raw.headers['content-length']) !== undefined
  if (raw.httpVersionMajor === 1 && (bodyToCome || refusal.manner === 'close')) reply.header('connection', 'close')
  exchange.facts.bytesSent = Buffer.byteLength(body)
  reply.send(body)
  // GOAWAY: the streams that are open may finish, new ones need a new connection.
  if (refusal.manner === 'close') (raw as unknown as Http2ServerRequest).stream?.session?.close()
}

/** RFC 9211: what a cache did before it failed. Whatever else is for the answer of an upstream does not go with a no of ours. */
function tellCache(reply: FastifyReply, { replyFields = [] }: Exchange): void {
  for (let i = 0; i < replyFields.length; i += 2) {
    if (replyFields[i] === 'Cache-Status') reply.header('cache-status', replyFields[i + 1] as string)
  }
}

const dropped = new WeakSet<Exchange>()

/** Was this exchange closed without a word? Then it was not the client that left. */
export function wasDropped(exchange: Exchange): boolean {
  return dropped.has(exchange)
}
