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
import { http2PseudoFields } from './http2-pseudo-fields.ts'
import { http2Sessions } from './http2-sessions.ts'
import { identity } from './identity.ts'
import { interimAndTrailers } from './interim-and-trailers.ts'
import { linesAndFields } from './lines-and-fields.ts'
import { passingThrough } from './passing-through.ts'
import { path } from './path.ts'
import { pipelining } from './pipelining.ts'
import { requestLine } from './request-line.ts'
import { targetForms } from './target-forms.ts'
import { upgrade } from './upgrade.ts'
import { upgradeLife } from './upgrade-life.ts'
import { upstreamAnswers } from './upstream-answers.ts'
import { upstreamHttp2 } from './upstream-http2.ts'
import { upstreamStatus } from './upstream-status.ts'
import { upstreamUnreachable } from './upstream-unreachable.ts'

/** Every case, by theme, in the order of the table. */
export const themes: Readonly<Record<string, readonly Case[]>> = {
  'Where a message ends': framing,
  'The chunked coding': chunks,
  'Request lines': requestLine,
  'Lines and fields': linesAndFields,
  'Authority and upstream choice': authority,
  'Targets as they are': targetForms,
  'Paths and the mount': path,
  'Fields of one hop': hopByHop,
  'Identity and the way': identity,
  'Many requests on one connection': pipelining,
  'Passing through': passingThrough,
  'Interim answers and trailers': interimAndTrailers,
  'Upgrades and WebSocket': upgrade,
  'The life of a WebSocket': upgradeLife,
  'The origin is not there': upstreamUnreachable,
  'Status lines of the origin': upstreamStatus,
  'What the origin answers': upstreamAnswers,
  'Answers without a body': bodiless,
  'Origins that speak HTTP/2': upstreamHttp2,
  'Clients that leave, wait or are many': clientFaults,
  'HTTP/2: requests': http2Messages,
  'HTTP/2: pseudo-fields': http2PseudoFields,
  'HTTP/2: limits and floods': http2Sessions,
  'HTTP/2: errors and the end': http2Errors,
  'Errors of the proxy itself': errors,
}
