import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, errorTable } from '../../src/contract/errors.ts'
import { errorBody } from '../../src/http/error-body.ts'
import { proxyStatus } from '../../src/http/proxy-status.ts'
import { allowed } from './allowed.ts'
import { busyWith } from './busy-with.ts'

const codes: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'SP_FIELDS_TOO_LARGE',
  ERR_HTTP_HEADERS_COUNT_EXCEEDED: 'SP_FIELDS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'SP_BODY_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'SP_REQUEST_TIMEOUT',
}

const answered = new WeakSet<Socket>()
const faults = new WeakMap<Socket, ErrorCode>()

/** What a connection is answered for that sent no HTTP; undefined when the fault lies in a request that was read. */
export function faultOf(socket: Socket): ErrorCode | undefined {
  return faults.get(socket)
}

/** Answers what is no HTTP at all, then closes. An answer that is under way on the connection goes first. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) {
    socket.destroy()
    return
  }
  // One answer a connection: what comes behind the first thing that is no HTTP is not even looked at.
  socket.pause()
  if (answered.has(socket)) return
  answered.add(socket)
  const code = codes[error.code ?? ''] ?? 'SP_BAD_REQUEST'
  const busy = busyWith(socket)
  if (busy === undefined || busy.req.complete) faults.set(socket, code)

  answerInTurn()

  // RFC 9112 9.3.2: answers go out in the order of the requests. Is the request whole that the connection is busy with,
  // then what cannot be read came behind it, and waits for it; else the error lies in that very request.
  function answerInTurn(): void {
    const busy = busyWith(socket)
    if (busy === undefined) finish()
    else if (busy.req.complete) busy.once('close', () => setImmediate(answerInTurn))
    else if (busy.headersSent) socket.destroy()
    else finish()
  }

  function finish(): void {
    if (!socket.writable) {
      socket.destroy()
      return
    }
    writeFailure(socket, code)
  }
}

/** Answers on the bare connection, and ends it. Nothing is known of the request, so the body is JSON. */
export function writeFailure(socket: Socket, code: ErrorCode): void {
  const { status, text, proxyStatus: error } = errorTable[code]
  const { type, body } = errorBody(undefined, status, code, text, '')
  const fields = [
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `Proxy-Status: ${proxyStatus('sallyport', error)}`,
    ...(status === 405 ? [`Allow: ${allowed}`] : []),
    'Connection: close',
  ]
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields.join('\r\n')}\r\n\r\n`
  // Ended and then destroyed, or a request that waits for the rest of its content would wait for ever.
  socket.end(head + body, () => socket.destroy())
}

/** Answers what Fastify's router refuses: a path that cannot be decoded, above all. */
export function answerFrameworkError(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  const code: ErrorCode = (error as { statusCode?: number }).statusCode === 414 ? 'SP_URI_TOO_LONG' : 'SP_BAD_PATH'
  const { status, text, proxyStatus: kind } = errorTable[code]
  const { type, body } = errorBody(reply.request.headers.accept, status, code, text, '')
  reply.code(status).header('content-type', type).header('cache-control', 'no-store')
  reply.header('proxy-status', proxyStatus('sallyport', kind)).send(body)
}
