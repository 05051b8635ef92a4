import replyFrom from '@fastify/reply-from'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ProxyError } from '../../src/contract/errors.ts'
import { isHopByHop, nominated } from '../../src/http/hop-by-hop.ts'
import { admitNow } from '../kernel/admission.ts'
import { answerRefusal, refusalOf } from '../kernel/refuse.ts'
import type { Scope } from '../kernel/scope.ts'

const kReply = Symbol('sallyport.reply')

type Fields = Record<string | symbol, unknown>
type From = (this: FastifyReply, source?: string, options?: FromOptions) => FastifyReply

interface FromOptions {
  rewriteRequestHeaders?: (request: FastifyRequest, fields: Fields) => Fields
  rewriteHeaders?: (fields: Fields, request?: FastifyRequest) => Fields
  [option: string]: unknown
}

interface RequestOptions {
  headers: Fields
  [option: string]: unknown
}

/**
 * `reply.from()` of @fastify/reply-from over our dispatcher: TLS is verified, a client that leaves ends the upstream call,
 * nothing is retried unless asked, hop-by-hop fields stay where they belong, failures are answered as ours are.
 */
export function decorateReplyFrom(app: FastifyInstance): void {
  let from: From | undefined
  const facade: FastifyInstance = Object.create(app)
  facade.decorateReply = ((_name: string, value: From) => {
    from = value
    return facade
  }) as unknown as FastifyInstance['decorateReply']
  const register = replyFrom as unknown as (
    app: FastifyInstance,
    options: object,
    done: (error?: Error) => void,
  ) => void
  register(facade, { undici: requester(app), disableRequestLogging: true, disableCache: true }, (error) => {
    if (error !== undefined && error !== null) throw error
  })

  app.decorateReply('from', function fromOverLayers(this: FastifyReply, source?: string, options: FromOptions = {}) {
    const admitted = admitNow(this.request, this, (this.server.proxy ?? app.proxy) as Scope)
    if (admitted === true) send(this, source, options)
    else if (admitted !== false) {
      admitted.then(
        (yes) => {
          if (yes) send(this, source, options)
        },
        (error: Error) => answerError(app, this, error),
      )
    }
    return this
  } as never)

  function send(reply: FastifyReply, source: string | undefined, options: FromOptions): void {
    const { rewriteRequestHeaders, rewriteHeaders } = options
    ;(from as From).call(reply, source, {
      retryDelay: () => null,
      onError: (failed: FastifyReply, { error }: { error: Error }) => answerError(app, failed, error),
      ...options,
      rewriteRequestHeaders: (request, fields) => {
        const rewritten = withoutHopByHop(rewriteRequestHeaders?.(request, fields) ?? fields)
        rewritten[kReply] = reply
        return rewritten
      },
      rewriteHeaders: (fields, request) => {
        const own = withoutHopByHop(fields)
        return rewriteHeaders?.(own, request) ?? own
      },
    })
  }
}

/** What reply-from takes for an undici: its `request`, with the reply to watch travelling among the fields. */
function requester(app: FastifyInstance): object {
  return {
    request({ headers, ...options }: RequestOptions, callback: (error: Error | null, response: unknown) => void) {
      const reply = headers[kReply] as FastifyReply
      const abort = new AbortController()
      const left = (): void => {
        if (!reply.raw.writableFinished) abort.abort()
      }
      reply.raw.once('close', left)
      const { dispatcher } = reply.server.proxy ?? app.proxy
      const fields = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
      const { exchange } = reply.request
      const request = { ...options, headers: fields, signal: abort.signal, exchange }
      dispatcher.request(request as never, callback as never)
    },
    destroy() {},
  }
}

function withoutHopByHop(fields: Fields): Fields {
  const kept: Fields = {}
  // Of a request reply-from has dropped what Connection names; of an answer it has not.
  const named = fields.connection === undefined ? undefined : nominated(String(fields.connection))
  for (const [name, value] of Object.entries(fields)) {
    const lower = name.toLowerCase()
    if (!isHopByHop(name) && lower !== 'expect' && named?.has(lower) !== true) kept[name] = value
  }
  return kept
}

function answerError(app: FastifyInstance, reply: FastifyReply, error: Error): void {
  const cause =
    error.cause instanceof ProxyError ? error.cause : new ProxyError('SP_UPSTREAM_RESET', error.message, error)
  reply.log.warn(cause, 'reply.from failed')
  const { exchange } = reply.request
  if (exchange !== null) {
    exchange.facts.error = cause.code
    exchange.facts.cause = cause
    answerRefusal(reply, exchange, refusalOf(cause.code, undefined), app.proxy.pseudonym)
    return
  }
  const { status, text, code } = refusalOf(cause.code, undefined)
  reply.code(status).send({ statusCode: status, code, error: text, message: text })
}
