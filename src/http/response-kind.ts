import { latin1 } from './chars.ts'
import { isField, isHopByHop } from './hop-by-hop.ts'

/** What a response field is to a gateway. */
export const plain = 0
/** For this connection alone, or a pseudo field: never goes on. */
export const ours = 1
export const connection = 2
export const transferEncoding = 3
export const trailer = 4
export const via = 5
export const location = 6
export const refresh = 7
export const setCookie = 8

/** A field name as text, and what it is. */
export interface FieldName {
  readonly name: string
  readonly kind: number
}

/**
 * The name in a raw list, text or bytes. Origins use few names, the same ones each time: those seen are remembered, so that
 * most cost neither a new string nor a second look.
 */
export function fieldName(raw: Buffer | string): FieldName {
  const name = typeof raw === 'string' ? raw : latin1(raw)
  const { length } = name
  if (length === 0) return nameless
  if (length > maxRemembered) return read(name)
  const ends = name.charCodeAt(0) * 31 + name.charCodeAt(length - 1)
  const at = ((ends * 31 + name.charCodeAt(length >> 1)) * 31 + length) & 1023
  const known = remembered[at] as FieldName
  if (known.name === name) return known
  const found = read(name)
  remembered[at] = found
  return found
}

const nameless: FieldName = { name: '', kind: ours }
/** Bytes of a name that is remembered. 1024 places of at most this many: bounded whatever the origins send. */
const maxRemembered = 40
const remembered: FieldName[] = new Array(1024).fill(nameless)

function read(name: string): FieldName {
  return { name, kind: responseKind(name) }
}

function responseKind(name: string): number {
  if (name.charCodeAt(0) === 58) return ours
  switch (name.length) {
    case 3:
      return isField(name, 'via') ? via : plain
    case 7:
      if (isField(name, 'trailer')) return trailer
      if (isField(name, 'refresh')) return refresh
      break
    case 8:
      return isField(name, 'location') ? location : plain
    case 10:
      if (isField(name, 'connection')) return connection
      if (isField(name, 'set-cookie')) return setCookie
      break
    case 16:
      if (isField(name, 'content-location')) return location
      break
    case 17:
      if (isField(name, 'transfer-encoding')) return transferEncoding
      break
  }
  return isHopByHop(name) ? ours : plain
}
