import type { Exchange } from '../contract/exchange.ts'
import { knownKeys, OptionError } from '../contract/options.ts'
import { isToken } from './chars.ts'
import { compileTemplate, type Template } from './template.ts'

/** Changes to the fields of a message. Names are matched without case; values may hold facts: `{upstream}`. */
export interface FieldRules {
  /** Replaces the field, or adds it where it is absent. An empty value takes it away. */
  readonly set?: Readonly<Record<string, string>>
  /** Adds a field line beside those that are there. An empty value adds none. */
  readonly add?: Readonly<Record<string, string>>
  /** Removes every line of the field. A `*` at the end matches any ending: `x-internal-*`. */
  readonly remove?: readonly string[]
  /** Renames every line of the field, from key to value. */
  readonly rename?: Readonly<Record<string, string>>
}

/** Applied in this order: remove, rename, set, add. */
export interface CompiledRules {
  /** Rules that can be applied at any time; undefined when there is none. */
  readonly now: RuleSet | undefined
  /** Rules that need to know the upstream picked; undefined when there is none. */
  readonly atUpstream: RuleSet | undefined
}

export interface RuleSet {
  /** Changes the flat array in place. */
  apply(fields: string[], exchange: Exchange): void
}

interface Line {
  readonly name: string
  readonly lower: string
  readonly template: Template
}

/** Fields that frame or route a message, in lower case: who sends it writes them. */
export const framing: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Checks rules and makes them quick to apply. Throws an OptionError that names the rule, for a name that is no token (RFC
 * 9110 5.6.2) and for the fields that frame or route the message: `requestFields.set.Content-Length`.
 */
export function compileFieldRules(option: string, rules: FieldRules | undefined): CompiledRules {
  if (rules === undefined) return { now: undefined, atUpstream: undefined }
  if (typeof rules !== 'object' || rules === null) throw new OptionError(option, rules, 'give an object')
  knownKeys(option, rules, ['set', 'add', 'remove', 'rename'])
  const remove = removals(`${option}.remove`, rules.remove)
  const rename = renames(`${option}.rename`, rules.rename)
  const set = lines(`${option}.set`, rules.set)
  const add = lines(`${option}.add`, rules.add)
  const lateNames = new Set(set.filter(isLate).map((line) => line.lower))
  // A line that is added to a field which is set later must come later too, or it would be replaced.
  const addLate = (line: Line): boolean => isLate(line) || lateNames.has(line.lower)
  return {
    now: ruleSet(
      remove,
      rename,
      set.filter((line) => !isLate(line)),
      add.filter((line) => !addLate(line)),
    ),
    atUpstream: ruleSet([], new Map(), set.filter(isLate), add.filter(addLate)),
  }
}

function isLate(line: Line): boolean {
  return line.template.needsUpstream
}

function ruleSet(
  remove: readonly string[],
  rename: ReadonlyMap<string, string>,
  set: readonly Line[],
  add: readonly Line[],
): RuleSet | undefined {
  if (remove.length + rename.size + set.length + add.length === 0) return undefined
  const removed = new Set(remove.filter((name) => !name.endsWith('*')))
  const prefixes = remove.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))
  const places = new Map(set.map((line, place) => [line.lower, place]))
  const edits = remove.length + rename.size + set.length > 0
  const lengths = lengthsOf([...removed, ...rename.keys(), ...places.keys()])
  const beginnings = prefixes.map((prefix) => prefix.charCodeAt(0))

  function apply(fields: string[], exchange: Exchange): void {
    if (edits) edit(fields, exchange)
    for (const line of add) append(fields, line.name, line.template.evaluate(exchange))
  }

  function edit(fields: string[], exchange: Exchange): void {
    const values: (string | undefined)[] = []
    for (const line of set) values.push(line.template.evaluate(exchange))
    let end = 0
    for (let i = 0; i < fields.length; i += 2) {
      let name = fields[i] as string
      let value = fields[i + 1] as string
      if (mayMatch(name)) {
        let lower = name.toLowerCase()
        if (removed.has(lower) || (prefixes.length > 0 && matches(lower))) continue
        const renamed = rename.get(lower)
        if (renamed !== undefined) {
          name = renamed
          lower = renamed.toLowerCase()
        }
        const place = places.get(lower)
        if (place !== undefined) {
          const next = values[place]
          // The first line takes the value; the others, and every line where the value is empty, go.
          if (next === undefined || next === '') continue
          values[place] = undefined
          name = (set[place] as Line).name
          value = next
        }
      }
      fields[end++] = name
      fields[end++] = value
    }
    fields.length = end
    for (let i = 0; i < set.length; i++) {
      const value = values[i]
      if (value !== undefined) append(fields, (set[i] as Line).name, value)
    }
  }

  /** Most fields meet no rule: their length says so, or their first letter. */
  function mayMatch(name: string): boolean {
    if (((lengths >>> (name.length & 31)) & 1) === 1) return true
    const first = name.charCodeAt(0)
    for (const beginning of beginnings) if (beginning === first || beginning === (first | 32)) return true
    return false
  }

  function matches(lower: string): boolean {
    return prefixes.some((prefix) => lower.startsWith(prefix)) && !framing.has(lower)
  }

  return { apply }
}

/** One bit for each length, by its last five bits. */
function lengthsOf(names: readonly string[]): number {
  let bits = 0
  for (const name of names) bits |= 1 << (name.length & 31)
  return bits
}

function append(fields: string[], name: string, value: string): void {
  if (value !== '') fields.push(name, value)
}

function lines(option: string, given: Readonly<Record<string, string>> | undefined): Line[] {
  const found = new Map<string, Line>()
  for (const [name, text] of entries(option, given)) {
    const lower = checkName(`${option}.${name}`, text, name)
    if (found.has(lower)) throw new OptionError(`${option}.${name}`, text, 'the field is named twice, in another case')
    found.set(lower, { name, lower, template: compileTemplate(`${option}.${name}`, text) })
  }
  return [...found.values()]
}

function renames(option: string, given: Readonly<Record<string, string>> | undefined): Map<string, string> {
  const found = new Map<string, string>()
  for (const [from, to] of entries(option, given)) {
    checkName(`${option}.${from}`, from, from)
    checkName(`${option}.${from}`, to, to)
    found.set(from.toLowerCase(), to)
  }
  return found
}

function removals(option: string, given: readonly string[] | undefined): string[] {
  if (given === undefined) return []
  if (!Array.isArray(given)) throw new OptionError(option, given, 'give a list of field names')
  return (given as readonly string[]).map((name, i) => {
    const bare = typeof name === 'string' && name.endsWith('*') ? name.slice(0, -1) : name
    if (typeof bare === 'string' && bare.includes('*')) {
      throw new OptionError(`${option}.${i}`, name, 'a * may stand at the end alone')
    }
    if (bare === '') throw new OptionError(`${option}.${i}`, name, 'give the name of a field, or how it begins')
    if (bare === name) return checkName(`${option}.${name}`, name, name)
    checkToken(`${option}.${i}`, name, bare)
    return name.toLowerCase()
  })
}

function entries(option: string, given: Readonly<Record<string, string>> | undefined): [string, string][] {
  if (given === undefined) return []
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionError(option, given, 'give an object: field name to value')
  }
  return Object.entries(given)
}

function checkName(option: string, given: unknown, name: string): string {
  checkToken(option, given, name)
  const lower = name.toLowerCase()
  if (lower === 'host') throw new OptionError(option, given, "use the option 'host'")
  if (framing.has(lower))
    throw new OptionError(option, given, 'the field frames the message: it is the proxy that sets it')
  return lower
}

function checkToken(option: string, given: unknown, name: string): void {
  if (typeof name !== 'string' || !isToken(name)) {
    throw new OptionError(option, given, 'a field name is a token: letters, digits and some marks, without spaces')
  }
}
