import type { Part } from './head.ts'

/** One range of bytes that a request asks for, RFC 9110 14.1.2: from `first` to `last`, included, or the last `suffix` bytes. */
export type RangeSpec = { readonly first: number; readonly last: number | undefined } | { readonly suffix: number }

/** Bytes from `first` up to and without `end`. */
export interface Span {
  readonly first: number
  readonly end: number
}

/**
 * Range with exactly one range of bytes. Undefined for anything else, several ranges too: the field is then ignored, which
 * RFC 9110 14.2 allows.
 */
export function parseRange(value: string): RangeSpec | undefined {
  const parts = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(value.trim())
  if (parts === null) return undefined
  const from = parts[1] as string
  const to = parts[2] as string
  if (from === '') return to === '' ? undefined : { suffix: atMost(to) }
  const first = atMost(from)
  const last = to === '' ? undefined : atMost(to)
  return last !== undefined && last < first ? undefined : { first, last }
}

/** The bytes that are meant, of `complete`. Undefined when there are none of them: 416 (RFC 9110 15.5.17). */
export function resolveRange(spec: RangeSpec, complete: number): Span | undefined {
  if ('suffix' in spec) {
    if (spec.suffix === 0 || complete === 0) return undefined
    return { first: Math.max(0, complete - spec.suffix), end: complete }
  }
  if (spec.first >= complete) return undefined
  return { first: spec.first, end: spec.last === undefined ? complete : Math.min(spec.last + 1, complete) }
}

/** Content-Range of a 206, RFC 9110 14.4. Undefined when it is not valid, and when it does not tell the complete length. */
export function parseContentRange(value: string): Part | undefined {
  const parts = /^bytes[ \t]+(\d+)-(\d+)\/(\d+)$/i.exec(value.trim())
  if (parts === null) return undefined
  const first = Number(parts[1])
  const last = Number(parts[2])
  const complete = Number(parts[3])
  return first <= last && last < complete && Number.isSafeInteger(complete) ? { first, last, complete } : undefined
}

/** The value of Content-Range for the bytes from `first` up to and without `end`. */
export function contentRange(first: number, end: number, complete: number): string {
  return `bytes ${first}-${end - 1}/${complete}`
}

/** The bytes that are meant, counted in the whole representation, when the part has all of them. Undefined when not. */
export function withinPart(spec: RangeSpec, part: Part): Span | undefined {
  const span = resolveRange(spec, part.complete)
  return span !== undefined && span.first >= part.first && span.end <= part.last + 1 ? span : undefined
}

/** No content is as long as the largest number that is exact: one beyond it means as much. */
function atMost(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER)
}
