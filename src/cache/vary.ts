import { isToken } from '../http/chars.ts'
import { isField } from '../http/hop-by-hop.ts'
import { normalValue } from './vary-values.ts'

/** More names than that are no negotiation, but a way to make every request a variant of its own. */
const mostNames = 50
const none: readonly string[] = Object.freeze([])

/**
 * What the Vary lines of a response nominate: lower-case names, sorted, each once (RFC 9110 12.5.5). Empty when there are
 * none. Undefined for `*` anywhere, for what is no field name, and for more than 50 names: such a response is not reused.
 */
export function varyNames(fields: readonly string[]): readonly string[] | undefined {
  let names: Set<string> | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length !== 4 || !isField(name, 'vary')) continue
    for (const member of (fields[i + 1] as string).split(',')) {
      const nominated = member.trim().toLowerCase()
      if (nominated === '') continue
      if (nominated === '*' || !isToken(nominated)) return undefined
      names ??= new Set()
      names.add(nominated)
      if (names.size > mostNames) return undefined
    }
  }
  return names === undefined ? none : Object.freeze([...names].sort())
}

/**
 * What a stored response keeps of the request that it answers: name, normalised value, name, ... in the order of `names`.
 */
export function varyOf(names: readonly string[], requestFields: readonly string[]): readonly string[] {
  if (names.length === 0) return none
  const vary: string[] = []
  for (const name of names) {
    vary.push(name, normalValue(name, requestFields))
  }
  return Object.freeze(vary)
}

/** Does a request match what `varyOf` has kept of another? RFC 9111 4.1. */
export function matchesVary(vary: readonly string[], requestFields: readonly string[]): boolean {
  for (let i = 0; i < vary.length; i += 2) {
    if (normalValue(vary[i] as string, requestFields) !== vary[i + 1]) return false
  }
  return true
}
