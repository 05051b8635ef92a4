import { isField } from '../http/hop-by-hop.ts'
import type { Freshness } from './freshness.ts'
import type { ResponseDirectives } from './response-directives.ts'
import { isHeuristicallyCacheable, isNeverStored, isProvokedByHead, isUnderstood } from './status-rules.ts'

export interface StoringRequest {
  readonly method: string
  readonly hasBody: boolean
  readonly noStore: boolean
  readonly hasAuthorization: boolean
  readonly hasCookie: boolean
  readonly hasRange: boolean
  /** Content-Location of the response is the target URI. @default false */
  readonly contentLocationIsTarget?: boolean
}

export interface StoringResponse {
  readonly status: number
  readonly fields: readonly string[]
  readonly directives: ResponseDirectives
  readonly freshness: Freshness
  readonly hasValidator: boolean
}

export interface StoringOptions {
  readonly storeSetCookie: boolean
}

/**
 * May a shared cache store it? RFC 9111 3. Undefined: yes; else why not, a token for `detail` of Cache-Status: `method`,
 * `body`, `request-no-store`, `status`, `no-store`, `private`, `vary`, `set-cookie`, `authorization`, `range`, `cookie`,
 * `no-freshness`, `stale`, `no-validator`.
 *
 * Stricter than the RFC:
 * - HEAD stores nothing: it would be an answer without content. A GET with content neither (request smuggling, CVE-2025-4366).
 * - 400, 413, 414 and 501 are how an origin answers a head that it does not like, so that an attacker can have them (CPDoS).
 *   They are stored only when they say themselves for how long (Cache-Control or Expires), or have the Last-Modified of a
 *   page that somebody made, where the status may be guessed. Neither `ttl` nor `defaultTtl` nor `negativeTtl` is enough.
 * - The answer to a request with Cookie may be one person's: it is stored only when it says that it is fresh, or `public`.
 *   Not even for validation: a Last-Modified that two people's pages share would pass.
 * - POST is stored with a 2xx alone (RFC 9110 8.7: only there Content-Location tells what the content is).
 */
export function whyNotStored(
  request: StoringRequest,
  response: StoringResponse,
  options: StoringOptions,
): string | undefined {
  return (
    refusedRequest(request, response) ??
    refusedByWord(response.status, response.directives) ??
    refusedFields(request, response, options) ??
    refusedFreshness(request, response)
  )
}

/** Is it by the request alone that its answer is not stored? Then that says nothing of what is stored for others. */
export function isOfRequest(refusal: string | undefined): boolean {
  return refusal === 'request-no-store' || refusal === 'authorization' || refusal === 'cookie'
}

function refusedRequest(request: StoringRequest, response: StoringResponse): string | undefined {
  if (request.method === 'GET') {
    if (request.hasBody) return 'body'
  } else {
    if (request.method !== 'POST' || request.contentLocationIsTarget !== true) return 'method'
    const isSuccess = response.status >= 200 && response.status < 300 && response.status !== 206
    if (!isSuccess || !saysLifetime(response)) return 'method'
  }
  return request.noStore ? 'request-no-store' : undefined
}

/** RFC 9111 5.2.2.3: with must-understand, no-store is for those alone who do not understand the status. */
function refusedByWord(status: number, directives: ResponseDirectives): string | undefined {
  if (isNeverStored(status)) return 'status'
  if (directives.mustUnderstand) {
    if (!isUnderstood(status)) return 'status'
  } else if (directives.noStore) return 'no-store'
  return directives.private ? 'private' : undefined
}

function refusedFields(
  request: StoringRequest,
  response: StoringResponse,
  options: StoringOptions,
): string | undefined {
  const { fields } = response
  let ranges = 0
  let isMultipart = false
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    if (name.length === 4 && isField(name, 'vary')) {
      if (hasStar(value)) return 'vary'
    } else if (name.length === 10 && isField(name, 'set-cookie')) {
      if (!options.storeSetCookie) return 'set-cookie'
    } else if (name.length === 11 && isField(name, 'set-cookie2')) {
      if (!options.storeSetCookie) return 'set-cookie'
    } else if (name.length === 13 && isField(name, 'content-range')) ranges++
    else if (name.length === 12 && isField(name, 'content-type')) {
      isMultipart ||= value.trimStart().toLowerCase().startsWith('multipart/byteranges')
    }
  }
  // RFC 9110 15.3.7: a single part has Content-Range; several are not one piece of the representation.
  if (response.status === 206 && (!request.hasRange || ranges !== 1 || isMultipart)) return 'range'
  // RFC 9111 3.5
  return request.hasAuthorization && !response.directives.shareable ? 'authorization' : undefined
}

function refusedFreshness(request: StoringRequest, response: StoringResponse): string | undefined {
  const { status, directives, freshness } = response
  const { lifetime, initialAge } = freshness
  if (lifetime < 0) return 'no-freshness'
  const says = saysLifetime(response)
  if (isProvokedByHead(status) && !says && !(freshness.heuristic && isHeuristicallyCacheable(status))) return 'status'
  if (!says && !directives.public && !isHeuristicallyCacheable(status)) return 'no-freshness'
  if (request.hasCookie && !directives.public && !(freshness.explicit && lifetime > 0)) return 'cookie'
  if (response.hasValidator) return undefined
  // Without a validator it is of use while it may be used unasked, and no longer.
  if (directives.noCache) return 'no-validator'
  if (lifetime + staleTime(directives) > initialAge) return undefined
  return freshness.explicit ? 'stale' : 'no-freshness'
}

/** For how long it may be used stale, milliseconds. RFC 9111 4.2.4: not where it is to be validated first. */
function staleTime(directives: ResponseDirectives): number {
  if (directives.mustRevalidate || directives.proxyRevalidate || directives.sMaxAge !== undefined) return 0
  return Math.max(directives.staleWhileRevalidate ?? 0, directives.staleIfError ?? 0) * 1000
}

/** Has the response said itself how long it is fresh? */
function saysLifetime({ fields, directives }: StoringResponse): boolean {
  if (directives.sMaxAge !== undefined || directives.maxAge !== undefined) return true
  if (directives.targeted) return false
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length === 7 && isField(name, 'expires')) return true
  }
  return false
}

/** `*` as a member of Vary: nobody but the origin can tell (RFC 9110 12.5.5). */
function hasStar(vary: string): boolean {
  for (let at = vary.indexOf('*'); at !== -1; at = vary.indexOf('*', at + 1)) {
    if (isBorder(vary, at - 1, -1) && isBorder(vary, at + 1, 1)) return true
  }
  return false
}

/** Is there nothing but spaces from `at` to the next comma in that direction? */
function isBorder(list: string, at: number, step: number): boolean {
  let i = at
  while (list.charAt(i) === ' ' || list.charAt(i) === '\t') i += step
  return i < 0 || i >= list.length || list.charAt(i) === ','
}
