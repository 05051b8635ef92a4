import { withoutFields } from '../http/fields.ts'
import type { Head } from './head.ts'
import { readValidators } from './make-head.ts'
import type { Arrival } from './outcome.ts'
import { contentRange, parseRange, resolveRange, withinPart } from './range.ts'
import type { CacheRequest } from './request.ts'
import { ageOf } from './reuse.ts'
import { evaluate, ifRangeHolds } from './validators.ts'

/** What one client is given of a response: its own status and fields, and a part of the content. */
export interface View {
  readonly status: number
  readonly message: string
  /** Flat. Shared with the head where nothing is changed: not to be written to. */
  readonly fields: readonly string[]
  /** Bytes of the whole content: from `first` up to and without `end`. `end` is Infinity while the length is not known. */
  readonly first: number
  readonly end: number
}

/**
 * The answer to this request from a complete response: all of it, 304 (RFC 9110 15.4.5), a part of it (15.3.7), or 416.
 * @param size bytes of content; undefined while they are not known: then a range is not answered, which is allowed
 */
export function viewOf(request: CacheRequest, head: Head, size: number | undefined, now: number): View {
  const { status, message, fields } = head
  if (status !== 200)
    return { status, message, fields: sized(request, head, size), first: 0, end: endOf(request, size) }
  if (request.isConditional && evaluate(request, head, now) === 'not-modified') {
    return { status: 304, message: 'Not Modified', fields: notModifiedFields(fields), first: 0, end: 0 }
  }
  // RFC 9110 14.2: Range is for GET alone.
  if (request.range !== undefined && size !== undefined && request.method === 'GET') {
    const spec = parseRange(request.range)
    if (spec !== undefined && (request.ifRange === undefined || ifRangeHolds(request.ifRange, head))) {
      const range = resolveRange(spec, size)
      if (range === undefined) return unsatisfiable(fields, size)
      return partial(fields, range.first, range.end, size)
    }
  }
  return { status, message, fields: sized(request, head, size), first: 0, end: endOf(request, size) }
}

/**
 * The answer to this request from a response that is just coming in. A part (206) came for this very range: it goes on as it
 * is. `size` as in `viewOf`.
 */
export function viewOfFresh(request: CacheRequest, head: Head, size: number | undefined, now: number): View {
  const { part, status, message } = head
  if (part === undefined) {
    const view = viewOf(request, head, size, now)
    return ageOf(head, now) < 1000 ? view : { ...view, fields: withAge(view.fields, head, now) }
  }
  const { first, last, complete } = part
  const fields = [...head.fields, 'Content-Range', contentRange(first, last + 1, complete)]
  if (size !== undefined) fields.push('Content-Length', String(size))
  const told = ageOf(head, now) < 1000 ? fields : withAge(fields, head, now)
  return { status, message, fields: told, first: 0, end: Number.POSITIVE_INFINITY }
}

/**
 * The 304 that a client is owed whose conditions the upstream was not asked about; undefined when it gets what came. `raw`
 * is flat.
 */
export function passedView(request: CacheRequest, arrival: Arrival, now: number): View | undefined {
  const { status, raw } = arrival
  if (status !== 200 || !request.isConditional) return undefined
  const { etag, lastModified } = readValidators(raw, now)
  if (evaluate(request, { etag, lastModified, storedAt: now, fields: raw } as Head, now) !== 'not-modified')
    return undefined
  return { status: 304, message: 'Not Modified', fields: notModifiedFields(raw), first: 0, end: 0 }
}

/** RFC 9111 5.1: seconds since it was born. A new list. */
export function withAge(fields: readonly string[], head: Head, now: number): string[] {
  return [...fields, 'Age', String(Math.floor(ageOf(head, now) / 1000))]
}

/** Content-Length, when there is one that can be read. */
export function lengthIn(raw: readonly string[]): number | undefined {
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    if (name.length !== 14 || name.toLowerCase() !== 'content-length') continue
    const length = Number(raw[i + 1])
    return Number.isSafeInteger(length) && length >= 0 ? length : undefined
  }
  return undefined
}

/** The same from a stored part (206); undefined when it does not have what is asked for. */
export function viewOfPart(request: CacheRequest, head: Head, now: number): View | undefined {
  const { part, fields } = head
  if (part === undefined || request.method !== 'GET' || request.range === undefined) return undefined
  const spec = parseRange(request.range)
  if (spec === undefined) return undefined
  if (request.ifRange !== undefined && !ifRangeHolds(request.ifRange, head)) return undefined
  const range = withinPart(spec, part)
  if (range === undefined) return undefined
  if (request.isConditional && evaluate(request, head, now) === 'not-modified') {
    return { status: 304, message: 'Not Modified', fields: notModifiedFields(fields), first: 0, end: 0 }
  }
  const view = partial(fields, range.first, range.end, part.complete)
  return { ...view, first: view.first - part.first, end: view.end - part.first }
}

function endOf(request: CacheRequest, size: number | undefined): number {
  return request.method === 'HEAD' ? 0 : (size ?? Number.POSITIVE_INFINITY)
}

/** A response that came in chunks was stored without a length; now it has one. */
function sized(_request: CacheRequest, { fields, status }: Head, size: number | undefined): readonly string[] {
  if (size === undefined || status === 204 || status === 304) return fields
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length === 14 && name.toLowerCase() === 'content-length') return fields
  }
  return [...fields, 'Content-Length', String(size)]
}

function partial(fields: readonly string[], first: number, end: number, complete: number): View {
  const own = withoutFields(fields, lengths)
  own.push('Content-Range', contentRange(first, end, complete), 'Content-Length', String(end - first))
  return { status: 206, message: 'Partial Content', fields: own, first, end }
}

function unsatisfiable(fields: readonly string[], complete: number): View {
  const own = withoutFields(fields, ofContent)
  own.push('Content-Range', `bytes */${complete}`, 'Content-Length', '0')
  return { status: 416, message: 'Range Not Satisfiable', fields: own, first: 0, end: 0 }
}

/** RFC 9110 15.4.5: what a 200 would have said, without what describes content that is not there. */
function notModifiedFields(fields: readonly string[]): readonly string[] {
  return withoutFields(fields, ofContent)
}

const lengths: ReadonlySet<string> = new Set(['content-length', 'content-range'])

const ofContent: ReadonlySet<string> = new Set([
  'content-length',
  'content-range',
  'content-encoding',
  'content-language',
  'content-type',
  'content-md5',
  'content-digest',
])
