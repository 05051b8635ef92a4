import { isField } from '../http/hop-by-hop.ts'
import { withLine } from '../http/list-field.ts'
import { type Dictionary, type Member, parseDictionary } from '../http/structured-fields.ts'

export { SearchRules } from './search-rules.ts'

/** How queries may differ and still ask for the same: No-Vary-Search, draft-ietf-httpbis-no-vary-search. */
export interface SearchRule {
  /** Decoded names of the parameters that do not count; `'*'`: none counts but those of `except`. */
  readonly params: '*' | ReadonlySet<string>
  readonly except: ReadonlySet<string>
  /** True: the order of parameters does not count. */
  readonly anyOrder: boolean
  /** The same text for the same rule, and for no other. Visible ASCII. */
  readonly id: string
}

/**
 * The rule in the fields of a response. Undefined when there is none, when it changes nothing, when it is not as the draft
 * has it, and when it has more than 100 names or 4,096 bytes: then every difference in the query counts.
 */
export function readNoVarySearch(fields: readonly string[]): SearchRule | undefined {
  let text: string | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length === 14 && isField(name, 'no-vary-search')) text = withLine(text, fields[i + 1] as string)
  }
  if (text === undefined || text.length > mostBytes) return undefined
  const dictionary = parseDictionary(text)
  return dictionary === undefined ? undefined : readRule(dictionary)
}

const mostBytes = 4096
const mostNames = 100
const none: ReadonlySet<string> = new Set()

/** "Parse a URL search variance" of the draft. Keys that it does not know are ignored, as it says. */
function readRule(dictionary: Dictionary): SearchRule | undefined {
  const order = dictionary.get('key-order')
  if (order !== undefined && order.type !== 'boolean') return undefined
  const anyOrder = order?.value ?? false
  const params = dictionary.get('params')
  const except = dictionary.get('except')
  if (params?.type === 'list') {
    const names = except === undefined ? readNames(params) : undefined
    if (names === undefined || (names.size === 0 && !anyOrder)) return undefined
    return rule(names, none, anyOrder)
  }
  if (params !== undefined && params.type !== 'boolean') return undefined
  if (params?.value !== true) return except !== undefined || !anyOrder ? undefined : rule(none, none, true)
  const counting = except === undefined ? none : readNames(except)
  return counting === undefined ? undefined : rule('*', counting, anyOrder)
}

function rule(params: SearchRule['params'], except: ReadonlySet<string>, anyOrder: boolean): SearchRule {
  const ignored = params === '*' ? '*' : idOf(params)
  return Object.freeze({
    params,
    except,
    anyOrder,
    id: `${anyOrder ? 'any-order' : 'in-order'};${ignored};${idOf(except)}`,
  })
}

function readNames(member: Member): ReadonlySet<string> | undefined {
  if (member.type !== 'list' || member.items.length > mostNames) return undefined
  const names = new Set<string>()
  for (const item of member.items) {
    if (item.type !== 'string') return undefined
    names.add(decoded(item.value))
  }
  return names
}

/** "Parse a key" of the draft: `+` is a space, then percent-decoding, then UTF-8. */
function decoded(key: string): string {
  // The parser of forms does just this to a name, once what would end the name is out of its way.
  const query = `?${key.replaceAll('&', '%26').replaceAll('=', '%3D')}`
  for (const [name] of new URLSearchParams(query)) return name
  return ''
}

const idOf = (names: ReadonlySet<string>): string => [...names].sort().map(encodeURIComponent).join(',')
