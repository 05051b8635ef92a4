import type { Case } from '../harness/case.ts'
import { authority } from './authority.ts'
import { bodiless } from './bodiless.ts'
import { chunks } from './chunks.ts'
import { clientFaults } from './client-faults.ts'
import { errors } from './errors.ts'
import { framing } from './framing.ts'
import { hopByHop } from './hop-by-hop.ts'
import { http2Errors } from './http2-errors.ts'
import { http2Messages } from './http2-messages.ts'
import { http2Sessions } from './http2-sessions.ts'
import { identity } from './identity.ts'
import { interimAndTrailers } from './interim-and-trailers.ts'
import { linesAndFields } from './lines-and-fields.ts'
import { passingThrough } from './passing-through.ts'
import { path } from './path.ts'
import { pipelining } from './pipelining.ts'
import { upgrade } from './upgrade.ts'
import { upstreamAnswers } from './upstream-answers.ts'
import { upstreamHttp2 } from './upstream-http2.ts'
import { upstreamUnreachable } from './upstream-unreachable.ts'

/** Every case, by theme, in the order of the table. */
export const themes: Readonly<Record<string, readonly Case[]>> = {
  'Where a message ends': framing,
  'The chunked coding': chunks,
  'Lines and fields': linesAndFields,
  'Authority and upstream choice': authority,
  Paths: path,
  'Fields of one hop': hopByHop,
  'Identity and the way': identity,
  'Many requests on one connection': pipelining,
  'Passing through': passingThrough,
  'Interim answers and trailers': interimAndTrailers,
  'Upgrades and WebSocket': upgrade,
  'The origin is not there': upstreamUnreachable,
  'What the origin answers': upstreamAnswers,
  'Answers without a body': bodiless,
  'Origins that speak HTTP/2': upstreamHttp2,
  'Clients that leave, wait or are many': clientFaults,
  'HTTP/2: requests': http2Messages,
  'HTTP/2: limits and floods': http2Sessions,
  'HTTP/2: errors and the end': http2Errors,
  'Errors of the proxy itself': errors,
}
