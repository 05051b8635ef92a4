import { OptionError } from '../contract/options.ts'
import { compileFieldRules, type FieldRules } from '../http/field-rules.ts'

export interface HeaderRules {
  readonly rules: FieldRules
  /** The value of a `Host` that is set: no field rule, for Host has a say of its own in where a request goes. */
  readonly host: string | undefined
}

const right = "give 'Name: value' to set a field, '+Name: value' to add one, '-Name' to remove it"

/**
 * Reads what `--header-up` and `--header-down` were given: `Name: value` sets, `+Name: value` adds, `-Name` removes
 * (`-X-Internal-*` all that begin so). Values may hold facts: `{client.ip}`.
 * @throws OptionError that names the flag and the rule
 */
export function parseHeaderRules(option: string, given: readonly string[]): HeaderRules {
  const set = new Map<string, string>()
  const add = new Map<string, string>()
  const remove: string[] = []
  let host: string | undefined
  for (const text of given) {
    const [, sign, name, value] = /^([+-]?)([^\s:]+)(?:\s*:[ \t]*(.*?)[ \t]*)?$/s.exec(text) ?? []
    if (name === undefined || (sign === '-') !== (value === undefined)) throw new OptionError(option, text, right)
    if (value === undefined) remove.push(name)
    else if (sign === '' && name.toLowerCase() === 'host') host = value
    else {
      const lines = sign === '+' ? add : set
      if ([...lines.keys()].some((other) => other.toLowerCase() === name.toLowerCase())) {
        throw new OptionError(option, text, `${name} is given twice; one rule a field`)
      }
      lines.set(name, value)
    }
  }
  const rules: FieldRules = { set: Object.fromEntries(set), add: Object.fromEntries(add), remove }
  // Said here, an error names the flag.
  compileFieldRules(option, rules)
  return { rules, host }
}
