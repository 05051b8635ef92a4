import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * A content type of our own. Fastify chooses a parser by content type, for a whole scope; a proxied route needs the raw
 * stream whatever the type, and on HTTP/2 with no type and no length at all, which Fastify takes for "no body". So a
 * request with a body shows this type until the parser for it has run, and that parser reads nothing.
 */
const shieldType = 'application/vnd.sallyport.raw'

/** Teaches a scope the parser that reads nothing. */
export function allowRawBodies(app: FastifyInstance): void {
  if (app.hasContentTypeParser(shieldType)) return
  app.addContentTypeParser(shieldType, (request, _payload, done) => {
    liftShield(request)
    done(null, undefined)
  })
}

/** Keeps every parser off the body of this request. Fastify parses none for the three methods. */
export function shieldBody(request: FastifyRequest): void {
  const { method } = request.raw
  if (method === 'GET' || method === 'HEAD' || method === 'TRACE') return
  // Fastify refuses a QUERY without a type, content or not. Whether that is wrong is the upstream's to say.
  if (hasBody(request.raw) || method === 'QUERY') request.headers = { 'content-type': shieldType }
}

/** Shows the request's own fields again, where the method was one that Fastify does not parse. */
export function liftShield(request: FastifyRequest): void {
  request.headers = undefined as never
}

/** Is there content, or can there be? RFC 9112 6.3 for HTTP/1, END_STREAM on the head for HTTP/2. */
export function hasBody(raw: IncomingMessage): boolean {
  const { stream } = raw as unknown as Http2ServerRequest
  if (stream !== undefined) return !(stream as { endAfterHeaders?: boolean }).endAfterHeaders
  const { headers } = raw
  if (headers['transfer-encoding'] !== undefined) return true
  const length = headers['content-length']
  return length !== undefined && length !== '0' && Number(length) > 0
}
