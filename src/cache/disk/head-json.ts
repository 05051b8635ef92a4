import type { Head, Part, StoredUpstream } from '../head.ts'

type Values = { readonly [name: string]: unknown }

/** Undefined for a head with a time or a duration that is no finite number: JSON has none of them. */
export function writeHead(head: Head): string | undefined {
  const sum =
    head.storedAt +
    head.bornAt +
    head.lifetime +
    head.staleWhileRevalidate +
    head.staleIfError +
    head.grace +
    head.keepUntil +
    (head.lastModified ?? 0)
  return Number.isFinite(sum) ? JSON.stringify(head) : undefined
}

/** Gives the head back as it was, frozen; undefined when the text is not one. What is unknown is left out. */
export function readHead(json: string): Head | undefined {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return undefined
  }
  return isValues(value) ? headOf(value) : undefined
}

function headOf(value: Values): Head | undefined {
  const part = value.part === undefined ? undefined : partOf(value.part)
  const upstream = value.upstream === undefined ? undefined : upstreamOf(value.upstream)
  if (part === null || upstream === null) return undefined
  if (!isString(value.url) || !isString(value.extra) || !isString(value.message)) return undefined
  if (!isStrings(value.fields) || !isStrings(value.vary) || !isStrings(value.tags)) return undefined
  if (value.etag !== undefined && !isString(value.etag)) return undefined
  if (value.lastModified !== undefined && !isNumber(value.lastModified)) return undefined
  if (!isNumber(value.status) || !isNumber(value.rules)) return undefined
  if (!isNumber(value.storedAt) || !isNumber(value.bornAt) || !isNumber(value.lifetime)) return undefined
  if (!isNumber(value.staleWhileRevalidate) || !isNumber(value.staleIfError)) return undefined
  if (!isNumber(value.grace) || !isNumber(value.keepUntil)) return undefined
  const head: Head = {
    url: value.url,
    extra: value.extra,
    status: value.status,
    message: value.message,
    fields: Object.freeze(value.fields),
    vary: Object.freeze(value.vary),
    etag: value.etag,
    lastModified: value.lastModified,
    storedAt: value.storedAt,
    bornAt: value.bornAt,
    lifetime: value.lifetime,
    rules: value.rules,
    staleWhileRevalidate: value.staleWhileRevalidate,
    staleIfError: value.staleIfError,
    grace: value.grace,
    keepUntil: value.keepUntil,
    tags: Object.freeze(value.tags),
    part,
    upstream,
  }
  return Object.freeze(head)
}

function partOf(value: unknown): Part | null {
  if (!isValues(value)) return null
  const { first, last, complete } = value
  if (!isNumber(first) || !isNumber(last) || !isNumber(complete)) return null
  return Object.freeze({ first, last, complete })
}

function upstreamOf(value: unknown): StoredUpstream | null {
  if (!isValues(value)) return null
  const { name, protocol, hostname, port, authority, basePath } = value
  if (!isString(name) || !isString(hostname) || !isNumber(port)) return null
  if (!isString(authority) || !isString(basePath)) return null
  if (protocol !== 'http:' && protocol !== 'https:') return null
  return Object.freeze({ name, protocol, hostname, port, authority, basePath })
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

function isStrings(value: unknown): value is readonly string[] {
  if (!Array.isArray(value)) return false
  for (const item of value) if (typeof item !== 'string') return false
  return true
}
