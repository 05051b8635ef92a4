import type { Upstream } from '../contract/pool.ts'
import { withoutFields } from '../http/fields.ts'
import { isField } from '../http/hop-by-hop.ts'
import { parseHttpDate } from '../http/http-date.ts'
import { hasUnknownCoding } from '../http/response-fields.ts'
import { type Freshness, readFreshness } from './freshness.ts'
import { alwaysValidate, type Head, immutable, mustRevalidate, type Part } from './head.ts'
import { whyNotStored } from './may-store.ts'
import type { CachePlan } from './plan.ts'
import { parseContentRange } from './range.ts'
import type { CacheRequest } from './request.ts'
import { type ResponseDirectives, readResponseDirectives } from './response-directives.ts'
import { storedFields } from './stored-fields.ts'
import { readTags } from './tags.ts'
import { varyNames, varyOf } from './vary.ts'

/** Where a response belongs, and when it was asked for and came. Wall-clock milliseconds. */
export interface Circumstances {
  readonly request: CacheRequest
  readonly url: string
  readonly extra: string
  readonly requestTime: number
  readonly responseTime: number
  readonly upstream: Upstream | undefined
  /** What it is judged as, where it is not the request's own: the answer to HEAD tells of that to GET. */
  readonly method?: string
  /** Was a range asked for? Where it is not the client that did. */
  readonly hasRange?: boolean
  /** RFC 9110 9.3.3: the answer to a POST says that it is what a GET of its target would give. */
  readonly contentLocationIsTarget?: boolean
}

/** A head to store, or why there is none: a word for the log and for Cache-Status. */
export type Verdict =
  | { readonly head: Head; readonly refusal: undefined }
  | { readonly head: undefined; readonly refusal: string }

/** Reads a response: may it be stored, for how long is it good, for whom. RFC 9111 section 3. */
export function judge(
  plan: CachePlan,
  around: Circumstances,
  status: number,
  message: string,
  raw: readonly string[],
): Verdict {
  if (hasUnknownCoding(raw)) return { head: undefined, refusal: 'transfer-coding' }
  return judgeFields(plan, around, status, message, storedFields(raw), raw)
}

/**
 * @param fields what would be stored
 * @param all the same with Age, where it is known
 */
export function judgeFields(
  plan: CachePlan,
  around: Circumstances,
  status: number,
  message: string,
  fields: readonly string[],
  all: readonly string[] = fields,
): Verdict {
  const { request, requestTime, responseTime } = around
  const directives = readResponseDirectives(fields, plan)
  const freshness = readFreshness(status, all, directives, requestTime, responseTime, plan.freshness)
  const found = readValidators(fields, responseTime)
  const refusal = whyNotStored(
    {
      method: around.method ?? request.method,
      hasBody: request.hasBody,
      noStore: request.directives.noStore,
      hasAuthorization: request.hasAuthorization,
      hasCookie: request.hasCookie,
      hasRange: around.hasRange ?? request.range !== undefined,
      ...(around.contentLocationIsTarget === undefined
        ? {}
        : { contentLocationIsTarget: around.contentLocationIsTarget }),
    },
    {
      status,
      fields,
      directives,
      freshness,
      hasValidator: found.etag !== undefined || found.lastModified !== undefined,
    },
    plan,
  )
  if (refusal !== undefined) return { head: undefined, refusal }
  const names = varyNames(fields)
  if (names === undefined) return { head: undefined, refusal: 'vary' }
  const part = status === 206 ? partOf(fields) : undefined
  if (status === 206 && part === undefined) return { head: undefined, refusal: 'content-range' }
  const { upstream } = around
  return {
    refusal: undefined,
    head: Object.freeze({
      url: around.url,
      extra: around.extra,
      status,
      message,
      fields: part === undefined ? fields : withoutFields(fields, lengths),
      vary: varyOf(names, request.fields),
      ...found,
      ...lifeOf(
        plan,
        directives,
        freshness,
        responseTime,
        found.etag !== undefined || found.lastModified !== undefined,
      ),
      tags: readTags(fields),
      part,
      upstream: upstream === undefined ? undefined : describe(upstream),
    }),
  }
}

type Life = Pick<
  Head,
  'storedAt' | 'bornAt' | 'lifetime' | 'rules' | 'staleWhileRevalidate' | 'staleIfError' | 'grace' | 'keepUntil'
>

function lifeOf(
  plan: CachePlan,
  directives: ResponseDirectives,
  freshness: Freshness,
  responseTime: number,
  hasValidator: boolean,
): Life {
  const { lifetime, initialAge } = freshness
  const binds = directives.mustRevalidate || directives.proxyRevalidate || directives.sMaxAge !== undefined
  // RFC 9111 5.2.2.10: s-maxage means proxy-revalidate as well.
  const staleWhileRevalidate = millis(directives.staleWhileRevalidate, plan.staleWhileRevalidate)
  const staleIfError = millis(directives.staleIfError, plan.staleIfError)
  const beyond = binds || directives.noCache ? 0 : Math.max(staleWhileRevalidate, staleIfError, plan.grace)
  const bornAt = responseTime - initialAge
  return {
    storedAt: responseTime,
    bornAt,
    lifetime,
    rules:
      (binds ? mustRevalidate : 0) | (directives.noCache ? alwaysValidate : 0) | (directives.immutable ? immutable : 0),
    staleWhileRevalidate,
    staleIfError,
    grace: plan.grace,
    keepUntil: bornAt + lifetime + Math.max(beyond, hasValidator ? plan.keep : 0),
  }
}

function millis(seconds: number | undefined, byDefault: number): number {
  return seconds === undefined ? byDefault : seconds * 1000
}

export function readValidators(fields: readonly string[], now: number): Pick<Head, 'etag' | 'lastModified'> {
  let etag: string | undefined
  let lastModified: number | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length === 4 && isField(name, 'etag')) etag = fields[i + 1]
    else if (name.length === 13 && isField(name, 'last-modified'))
      lastModified = parseHttpDate(fields[i + 1] as string, now)
  }
  return { etag, lastModified }
}

function partOf(fields: readonly string[]): Part | undefined {
  let part: Part | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length !== 13 || !isField(name, 'content-range')) continue
    if (part !== undefined) return undefined
    part = parseContentRange(fields[i + 1] as string)
    if (part === undefined) return undefined
  }
  return part
}

function describe({ name, protocol, hostname, port, authority, basePath }: Upstream): NonNullable<Head['upstream']> {
  return { name, protocol, hostname, port, authority, basePath }
}

const lengths: ReadonlySet<string> = new Set(['content-length', 'content-range'])
