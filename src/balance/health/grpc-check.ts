import type { IncomingHttpHeaders } from 'node:http'
import type { Upstream } from '../../contract/pool.ts'
import { type AnswerReader, type AskMeans, ask } from './ask.ts'
import { type Check, type CheckResult, fail, pass } from './check-result.ts'
import { hasField } from './fields.ts'
import { decodeHealthResponse, encodeHealthRequest, healthMethod, servingStatuses } from './grpc-health.ts'
import type { HealthSettings } from './options.ts'

/** The answer is two bytes and a prefix; whatever is longer is another thing. */
const maxAnswer = 4096

/** Asks the health service of a gRPC server. Only SERVING is well. The upstream speaks HTTP/2. */
export function grpcCheck(settings: HealthSettings, means: AskMeans, upstream: Upstream): Check {
  const { host, fields: more, service, timeout } = settings
  const body = encodeHealthRequest(service)
  const fields = [
    ...['Host', host ?? upstream.authority],
    ...['Content-Type', 'application/grpc', 'TE', 'trailers'],
    // The server may give up when we do. At most eight digits.
    ...(timeout < 1e8 ? ['grpc-timeout', `${Math.ceil(timeout)}m`] : []),
    ...(hasField(more, 'user-agent') ? [] : ['User-Agent', 'sallyport-health']),
    ...more,
  ]
  const question = { upstream, method: 'POST', path: healthMethod, fields, body, timeout }

  return function check(done) {
    return ask(means, question, new GrpcAnswer(), done)
  }
}

class GrpcAnswer implements AnswerReader {
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #head: IncomingHttpHeaders = {}

  head(status: number, headers: IncomingHttpHeaders): CheckResult | undefined {
    this.#head = headers
    if (status !== 200) return fail(`status ${status}, expected 200`)
    if (String(headers['content-type']).startsWith('application/grpc')) return undefined
    return fail('the answer is not gRPC')
  }

  data(chunk: Buffer): CheckResult | undefined {
    this.#bytes += chunk.length
    if (this.#bytes > maxAnswer) return fail('the answer is too large')
    this.#chunks.push(chunk)
    return undefined
  }

  end(trailers: IncomingHttpHeaders): CheckResult {
    // An answer without content has it all in the head.
    const code = String(trailers['grpc-status'] ?? this.#head['grpc-status'])
    if (code !== '0') return fail(grpcFailure(code))
    const status = decodeHealthResponse(Buffer.concat(this.#chunks))
    if (status === undefined) return fail('the answer could not be understood')
    const name = servingStatuses[status] ?? `of an unknown status (${status})`
    return status === 1 ? pass(name) : fail(`the service is ${name}`)
  }
}

// https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
const codes =
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'.split(
    ' ',
  )

function grpcFailure(code: string): string {
  const name = /^\d{1,2}$/.test(code) ? codes[Number(code)] : undefined
  if (name === undefined) return 'the answer has no gRPC status'
  const why: Record<string, string> = {
    NOT_FOUND: ': the server does not know the service',
    UNIMPLEMENTED: ': the server has no health service',
  }
  return `gRPC status ${name}${why[name] ?? ''}`
}
