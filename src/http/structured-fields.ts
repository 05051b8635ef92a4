import {
  type BareItem,
  bareItem,
  broken,
  fail,
  isDigit,
  peek,
  type Reader,
  skipOptionalSpace,
  skipSpaces,
  take,
} from './bare-item.ts'

export type { BareItem }
export type Parameters = ReadonlyMap<string, BareItem>
export type Item = BareItem & { readonly parameters: Parameters }
export interface InnerList {
  readonly type: 'list'
  readonly items: readonly Item[]
  readonly parameters: Parameters
}
export type Member = Item | InnerList
export type Dictionary = ReadonlyMap<string, Member>

/**
 * Fields of RFC 9651. The value is that of all lines, joined by a comma. Undefined for anything that breaks the grammar
 * (4.2: then the whole field is to be ignored) and for what is larger than the limits below, which are at or above those
 * that section 3 demands. The last of several members with one key counts. An empty value is an empty dictionary.
 */
export function parseDictionary(value: string): Dictionary | undefined {
  return parsed(value, dictionary)
}

/** The same for a list. */
export function parseList(value: string): readonly Member[] | undefined {
  return parsed(value, list)
}

/** The same for one item; an empty value is none. */
export function parseItem(value: string): Item | undefined {
  return parsed(value, item)
}

/** A string, RFC 9651 4.1.6. It holds printable ASCII alone: anything else becomes `?`. */
export function serializeString(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}

/** A token, RFC 9651 4.1.7; what cannot be one becomes a string. */
export function serializeToken(text: string): string {
  return /^[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*$/.test(text) ? text : serializeString(text)
}

const maxLength = 65_536
const maxMembers = 1024
const maxInner = 256
const noParameters: Parameters = new Map()
function parsed<T>(text: string, rule: (reader: Reader) => T): T | undefined {
  if (text.length > maxLength) return undefined
  const reader = { text, at: 0 }
  try {
    skipSpaces(reader)
    const result = rule(reader)
    skipSpaces(reader)
    return reader.at === text.length ? result : undefined
  } catch (error) {
    if (error === broken) return undefined
    throw error
  }
}

function dictionary(reader: Reader): Dictionary {
  const members = new Map<string, Member>()
  while (reader.at < reader.text.length) {
    const name = key(reader)
    if (take(reader, '=')) members.set(name, member(reader))
    else members.set(name, { type: 'boolean', value: true, parameters: parameters(reader) })
    if (members.size > maxMembers || !another(reader)) break
  }
  return members.size > maxMembers ? fail() : members
}

function list(reader: Reader): readonly Member[] {
  const members: Member[] = []
  while (reader.at < reader.text.length) {
    members.push(member(reader))
    if (members.length > maxMembers) fail()
    if (!another(reader)) break
  }
  return members
}

/** Is there a comma, and a member after it? */
function another(reader: Reader): boolean {
  skipOptionalSpace(reader)
  if (!take(reader, ',')) return false
  skipOptionalSpace(reader)
  return reader.at < reader.text.length || fail()
}

function member(reader: Reader): Member {
  return peek(reader) === '(' ? innerList(reader) : item(reader)
}

function innerList(reader: Reader): InnerList {
  reader.at++
  const items: Item[] = []
  for (;;) {
    skipSpaces(reader)
    if (take(reader, ')')) return { type: 'list', items, parameters: parameters(reader) }
    items.push(item(reader))
    const next = peek(reader)
    if ((next !== ' ' && next !== ')') || items.length > maxInner) fail()
  }
}

function item(reader: Reader): Item {
  const bare = bareItem(reader)
  return { ...bare, parameters: parameters(reader) }
}

function parameters(reader: Reader): Parameters {
  if (peek(reader) !== ';') return noParameters
  const found = new Map<string, BareItem>()
  while (take(reader, ';')) {
    skipSpaces(reader)
    const name = key(reader)
    found.set(name, take(reader, '=') ? bareItem(reader) : { type: 'boolean', value: true })
    if (found.size > maxInner) fail()
  }
  return found
}

function key(reader: Reader): string {
  const start = reader.at
  const first = peek(reader)
  if (first !== '*' && !(first >= 'a' && first <= 'z')) fail()
  for (let char = first; isKeyChar(char); char = peek(reader)) reader.at++
  return reader.text.slice(start, reader.at)
}

function isKeyChar(char: string): boolean {
  return (char >= 'a' && char <= 'z') || isDigit(char) || char === '_' || char === '-' || char === '.' || char === '*'
}
