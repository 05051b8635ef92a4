import { isText, isToken } from '../../http/chars.ts'
import type { Head, Part, StoredUpstream } from '../head.ts'

/** What is kept under one field: where the content is, and the head. */
export interface RedisRecord {
  readonly id: string
  readonly size: number
  readonly head: Head
}

/** The first line is for scripts, which read no JSON: version, id, size, time of storing. */
export function encodeRecord({ id, size, head }: RedisRecord): string {
  return `1 ${id} ${size} ${Math.floor(head.storedAt)}\n${JSON.stringify(head)}`
}

/** Undefined for what is not ours: another version, another shape, broken. */
export function decodeRecord(text: string): RedisRecord | undefined {
  const end = text.indexOf('\n')
  const [version, id, size] = text.slice(0, Math.max(end, 0)).split(' ')
  if (version !== '1' || id === undefined || !/^\d{1,15}$/.test(size ?? '')) return undefined
  try {
    const head = headFrom(JSON.parse(text.slice(end + 1)))
    return head === undefined ? undefined : { id, size: Number(size), head }
  } catch {
    return undefined
  }
}

const texts = ['url', 'extra', 'message'] as const
const lists = ['fields', 'vary', 'tags'] as const
const numbers = [
  'status',
  'storedAt',
  'bornAt',
  'lifetime',
  'rules',
  'staleWhileRevalidate',
  'staleIfError',
  'grace',
  'keepUntil',
] as const

function headFrom(given: unknown): Head | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const raw = given as Readonly<Record<string, unknown>>
  for (const key of texts) if (typeof raw[key] !== 'string') return undefined
  for (const key of numbers) if (!Number.isFinite(raw[key])) return undefined
  for (const key of lists) if (!isTexts(raw[key])) return undefined
  const { etag, lastModified, part, upstream } = raw
  if (etag !== undefined && typeof etag !== 'string') return undefined
  if (lastModified !== undefined && !Number.isFinite(lastModified)) return undefined
  if (part !== undefined && !isPart(part)) return undefined
  if (upstream !== undefined && !isUpstream(upstream)) return undefined
  if (!isAnswer(raw.status as number, raw.fields as readonly string[])) return undefined
  return Object.freeze({
    ...(raw as unknown as Head),
    etag,
    lastModified: lastModified as number | undefined,
    part,
    upstream,
  })
}

function isTexts(given: unknown): given is readonly string[] {
  return Array.isArray(given) && given.every((one) => typeof one === 'string')
}

function isPart(given: unknown): given is Part {
  if (typeof given !== 'object' || given === null) return false
  const { first, last, complete } = given as Partial<Part>
  return Number.isSafeInteger(first) && Number.isSafeInteger(last) && Number.isSafeInteger(complete)
}

function isUpstream(given: unknown): given is StoredUpstream {
  if (typeof given !== 'object' || given === null) return false
  const { name, protocol, hostname, port, authority, basePath } = given as Readonly<Record<string, unknown>>
  if (protocol !== 'http:' && protocol !== 'https:') return false
  return Number.isSafeInteger(port) && isTexts([name, hostname, authority, basePath])
}

/** Can it be sent? Whoever writes to our Redis shall not break an answer, or make two of one. */
function isAnswer(status: number, fields: readonly string[]): boolean {
  if (!Number.isInteger(status) || status < 200 || status > 599 || fields.length % 2 !== 0) return false
  return fields.every((text, i) => (i % 2 === 0 ? isToken(text) : isText(text)))
}
