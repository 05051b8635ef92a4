import { OptionError } from '../../contract/options.ts'
import { stateless } from '../stateless.ts'

/** `204`, `'2xx'`, `'200-299'`. */
export type StatusOption = number | string

export interface StatusExpectation {
  /** From and to, both included. */
  readonly ranges: readonly (readonly [from: number, to: number])[]
  /** For reasons: `200-299, 404`. */
  readonly text: string
}

export type BodyExpectation = { readonly text: Buffer; readonly words: string } | { readonly pattern: RegExp }

const right = "give a status from 200 to 599 such as 204, '2xx', '200-299', or a list of these"

/** @throws OptionError for what is no final status */
export function readStatuses(
  option: string,
  given: StatusOption | readonly StatusOption[] | undefined,
): StatusExpectation {
  const list: readonly StatusOption[] = Array.isArray(given) ? given : [given ?? '200-399']
  if (list.length === 0) throw new OptionError(option, given, right)
  const ranges = list.map((one) => readRange(option, one))
  const text = ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(', ')
  return Object.freeze({ ranges: Object.freeze(ranges), text })
}

function readRange(option: string, given: StatusOption): readonly [number, number] {
  const text = String(given)
  const family = /^([2-5])xx$/i.exec(text)?.[1]
  if (family !== undefined) return [Number(family) * 100, Number(family) * 100 + 99]
  const [, first, last = first] = /^(\d{3})(?:-(\d{3}))?$/.exec(text) ?? []
  const from = Number(first)
  const to = Number(last)
  if (from >= 200 && from <= to && to <= 599) return [from, to]
  throw new OptionError(option, given, right)
}

export function isExpected({ ranges }: StatusExpectation, status: number): boolean {
  return ranges.some(([from, to]) => status >= from && status <= to)
}

/** @throws OptionError for empty text, and for what is neither text nor pattern */
export function readBody(option: string, given: string | RegExp | undefined): BodyExpectation | undefined {
  if (given === undefined) return undefined
  if (given instanceof RegExp) return { pattern: stateless(given) }
  if (typeof given !== 'string' || given === '') throw new OptionError(option, given, 'give text or a RegExp')
  const words = given.length > 40 ? `${given.slice(0, 40)}...` : given
  return { text: Buffer.from(given), words: JSON.stringify(words) }
}
