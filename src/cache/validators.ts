import { isField } from '../http/hop-by-hop.ts'
import { parseHttpDate } from '../http/http-date.ts'
import type { Head } from './head.ts'

/** The conditions of a request that a cache may judge: values as they came, the lines of a list joined. */
export interface Conditions {
  readonly ifNoneMatch: string | undefined
  readonly ifModifiedSince: string | undefined
}

/** Is this entity tag weak? RFC 9110 8.8.3. */
export function isWeak(tag: string): boolean {
  return tag.startsWith('W/')
}

/** RFC 9110 8.8.3.2: the same, and neither is weak. */
export function matchStrong(a: string, b: string): boolean {
  return a === b && !isWeak(a)
}

/** RFC 9110 8.8.3.2: the same but for `W/`. */
export function matchWeak(a: string, b: string): boolean {
  return a === b || opaque(a) === opaque(b)
}

/**
 * What a fresh 200 or 206 that is stored answers to a conditional GET or HEAD: the content, or 304. RFC 9110 13.2.2: with
 * If-None-Match, If-Modified-Since is not looked at. RFC 9111 4.3.2.
 * @param now wall-clock milliseconds
 */
export function evaluate(conditions: Conditions, head: Head, now: number): 'proceed' | 'not-modified' {
  const { ifNoneMatch, ifModifiedSince } = conditions
  if (ifNoneMatch !== undefined) return matchesAny(ifNoneMatch, head.etag) ? 'not-modified' : 'proceed'
  if (ifModifiedSince === undefined) return 'proceed'
  const since = parseHttpDate(ifModifiedSince, now)
  // RFC 9110 13.1.3: what is no date is no condition. Nor is one that is yet to come: nobody can have had it from here.
  if (since === undefined || since > now) return 'proceed'
  const modified = head.lastModified ?? dateOf(head, now) ?? head.storedAt
  return modified <= since ? 'not-modified' : 'proceed'
}

/**
 * Does If-Range hold, so that the range may be sent? RFC 9110 13.1.5: a strong tag that is the same, or a date that is
 * exactly Last-Modified, where that is a strong validator.
 */
export function ifRangeHolds(value: string, head: Head): boolean {
  const text = value.trim()
  if (text.startsWith('"') || text.startsWith('W/'))
    return head.etag !== undefined && isStrongTag(text) && text === head.etag
  if (head.lastModified === undefined || parseHttpDate(text, head.storedAt) !== head.lastModified) return false
  return isStrongDate(head)
}

/** Can parts of this response be put together with parts of another that has the same validator? RFC 9110 8.8.1. */
export function hasStrongValidator(head: Head): boolean {
  return head.etag === undefined ? isStrongDate(head) : isStrongTag(head.etag)
}

function opaque(tag: string): string {
  return isWeak(tag) ? tag.slice(2) : tag
}

/** RFC 9110 13.1.2: `*`, or a list of tags compared weakly. A comma within a tag ends nothing. */
export function matchesAny(list: string, etag: string | undefined): boolean {
  if (list.trim() === '*') return true
  if (etag === undefined) return false
  let i = 0
  while (i < list.length) {
    const code = list.charCodeAt(i)
    if (code === 0x2c || code === 0x20 || code === 0x09) {
      i++
      continue
    }
    const end = tagEnd(list, i)
    if (matchWeak(list.slice(i, end).trimEnd(), etag)) return true
    i = end
  }
  return false
}

/** Where the tag that begins at `start` ends; for what is none, the next comma. */
function tagEnd(list: string, start: number): number {
  const quote = list.startsWith('W/', start) ? start + 2 : start
  const close = list.charCodeAt(quote) === 0x22 ? list.indexOf('"', quote + 1) : -1
  if (close !== -1) return close + 1
  const comma = list.indexOf(',', start)
  return comma === -1 ? list.length : comma
}

function isStrongTag(tag: string): boolean {
  return tag.length >= 2 && tag.startsWith('"') && tag.indexOf('"', 1) === tag.length - 1
}

/** RFC 9110 8.8.2.2: at least a second before the response was made, so that no change can have shared the date. */
export function isStrongDate(head: Head): boolean {
  if (head.lastModified === undefined) return false
  const date = dateOf(head, head.storedAt)
  return date !== undefined && date - head.lastModified >= 1000
}

function dateOf({ fields }: Head, now: number): number | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length === 4 && isField(name, 'date')) return parseHttpDate(fields[i + 1] as string, now)
  }
  return undefined
}
