import { stringify } from 'node:querystring'
import { ProxyError } from '../contract/errors.ts'
import type { DispatchOptions } from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import { isText, isToken } from '../http/chars.ts'
import { connectionOptions, isField } from '../http/hop-by-hop.ts'
import type { Content } from './http1-body.ts'

/** The head of a request, ready to be written as latin1. */
export interface RequestHead {
  readonly text: string
  /** Bytes of content that it announces; -1 for chunks. */
  readonly length: number
  /** It says that the connection ends with this exchange. */
  readonly closes: boolean
}

const other = 0
const host = 1
const contentLength = 2
const connection = 3
const contentType = 4
/** What frames the message or the connection is for this transport to say. */
const refused = 5

/**
 * Writes the head. The fields keep their case and order; those that frame the message and the connection come last.
 * @throws ProxyError SP_BAD_FIELD for what cannot stand in a head: nothing of a head is built from it
 */
export function requestHead(upstream: Upstream, options: DispatchOptions, content: Content): RequestHead {
  const { method, headers } = options
  if (typeof method !== 'string' || !isToken(method) || method === 'CONNECT') throw bad('method', String(method))
  const fields = isFlat(headers) ? headers : flatFields(headers)
  let lines = ''
  let hosts = 0
  let declared = -1
  let typed = content.type === undefined
  let closes = options.reset === true
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    if (!isText(value)) throw bad('field', name)
    const kind = kindOf(name)
    if (kind !== other) {
      if (kind === refused) throw bad('field', name)
      if (kind === connection) {
        if (value !== 'keep-alive' && connectionOptions(value).includes('close')) closes = true
        continue
      }
      if (kind === contentLength) {
        if (declared !== -1) throw bad('field', name)
        declared = lengthOf(value)
        continue
      }
      if (kind === contentType) typed = true
      else if (hosts++ > 0) throw bad('field', name)
    }
    lines += `${name}: ${value}\r\n`
  }
  if (!typed) {
    if (!isText(content.type as string)) throw bad('field', 'content-type')
    lines += `content-type: ${content.type}\r\n`
  }
  const target = targetOf(upstream, options)
  const start = `${method} ${target} HTTP/1.1\r\n${hosts === 0 ? `host: ${upstream.authority}\r\n` : ''}`
  const ending = closes ? 'connection: close\r\n' : 'connection: keep-alive\r\n'
  const length = announced(content, declared)
  if (content.body === null) {
    const empty = hasMeaning(method) ? 'content-length: 0\r\n\r\n' : '\r\n'
    return { text: start + lines + ending + empty, length: 0, closes }
  }
  const framing = length === -1 ? 'transfer-encoding: chunked\r\n\r\n' : `content-length: ${length}\r\n\r\n`
  return { text: start + lines + ending + framing, length, closes }
}

function isFlat(headers: DispatchOptions['headers']): headers is string[] {
  if (!Array.isArray(headers)) return false
  for (let i = 0; i < headers.length; i++) if (typeof headers[i] !== 'string') return false
  return headers.length % 2 === 0
}

/** Any other way in which undici takes fields: objects, pairs, lists of values. */
function flatFields(headers: unknown): string[] {
  const flat: string[] = []
  const add = (name: unknown, value: unknown): void => {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === undefined || (typeof one === 'object' && one !== null)) throw bad('field', String(name))
      flat.push(String(name), one === null ? '' : String(one))
    }
  }
  if (headers == null) return flat
  if (Array.isArray(headers) && !Array.isArray(headers[0])) {
    for (let i = 0; i < headers.length; i += 2) add(headers[i], headers[i + 1])
  } else if (typeof (headers as Iterable<[string, string]>)[Symbol.iterator] === 'function') {
    for (const [name, value] of headers as Iterable<[string, string]>) add(name, value)
  } else {
    for (const [name, value] of Object.entries(headers as object)) if (value !== undefined) add(name, value)
  }
  return flat
}

function kindOf(name: string): number {
  if (!isToken(name)) throw bad('field', name)
  switch (name.length) {
    case 4:
      return isField(name, 'host') ? host : other
    case 6:
      return isField(name, 'expect') ? refused : other
    case 7:
      return isField(name, 'upgrade') ? refused : other
    case 10:
      if (isField(name, 'connection')) return connection
      return isField(name, 'keep-alive') ? refused : other
    case 12:
      return isField(name, 'content-type') ? contentType : other
    case 14:
      return isField(name, 'content-length') ? contentLength : other
    case 17:
      return isField(name, 'transfer-encoding') ? refused : other
    default:
      return other
  }
}

function lengthOf(value: string): number {
  const length = /^[0-9]{1,16}$/.test(value) ? Number(value) : Number.NaN
  if (!Number.isSafeInteger(length)) throw bad('field', 'content-length')
  return length
}

/** What the content is known to be, and what the fields say, must not differ: one would be taken for the next request. */
function announced({ body, length }: Content, declared: number): number {
  if (body === null) return 0
  if (length === -1) return declared
  if (declared !== -1 && declared !== length) throw bad('field', 'content-length')
  return length
}

/** RFC 9110 8.6: where content has a meaning, its absence is said. */
function hasMeaning(method: string): boolean {
  switch (method) {
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'QUERY':
    case 'PROPFIND':
    case 'PROPPATCH':
      return true
    default:
      return false
  }
}

function targetOf({ basePath }: Upstream, { method, path, query }: DispatchOptions): string {
  if (path === '*' && method === 'OPTIONS') return path
  if (typeof path !== 'string' || path.charCodeAt(0) !== 47) throw bad('path', String(path))
  for (let i = 1; i < path.length; i++) {
    const code = path.charCodeAt(i)
    if (code <= 32 || code === 127 || code > 255) throw bad('path', path)
  }
  return query == null ? basePath + path : `${basePath}${path}?${stringify(query)}`
}

function bad(what: string, text: string): ProxyError {
  return new ProxyError('SP_BAD_FIELD', `${what} ${JSON.stringify(text)} cannot be sent over HTTP/1.1`)
}
