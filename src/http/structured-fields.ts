import { hexValue } from './chars.ts'

/** Numbers of `date` are seconds since the epoch. */
export type BareItem =
  | { readonly type: 'integer' | 'decimal' | 'date'; readonly value: number }
  | { readonly type: 'string' | 'token' | 'display-string'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Buffer }
  | { readonly type: 'boolean'; readonly value: boolean }

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

function parsed<T>(_value: string, _rule: unknown): T | undefined {
  throw new Error('not there yet')
}
const dictionary = 0
const list = 0
const item = 0
