/** What is done to a query before it is part of a key. `'none'` drops it as a whole. */
export type QueryPlan = 'none' | QueryFilter

export interface QueryFilter {
  readonly ignored: ReadonlySet<string>
  /** Beginnings of names that are ignored. */
  readonly beginnings: readonly string[]
  /** Undefined: all that is not ignored. */
  readonly kept: { readonly names: ReadonlySet<string>; readonly beginnings: readonly string[] } | undefined
  readonly sort: boolean
}

export function compileQuery(
  ignore: readonly string[],
  keep: readonly string[] | undefined,
  sort: boolean,
): QueryFilter | undefined {
  if (ignore.length === 0 && keep === undefined && !sort) return undefined
  const kept = keep?.map((name) => name.toLowerCase())
  return Object.freeze({
    ignored: whole(ignore),
    beginnings: beginnings(ignore),
    kept: kept === undefined ? undefined : { names: whole(kept), beginnings: beginnings(kept) },
    sort,
  })
}

/**
 * The query, with its `?` or `''`, as the rules leave it. They must never drop what an origin reads another way than we do,
 * for then one request could choose the answer to all others (parameter cloaking). So parameters end at `&` alone, and what
 * is in doubt stays, which costs an entry of its own and nothing else:
 *
 * - a parameter with `;` in it, which is two for many an origin;
 * - with `keep`, a name that some origin might read as a kept one: one with other characters than letters, digits, `-` and
 *   `_` (`%61`, `a[]`, `a.b`), or in another case;
 * - with a star, a name with `%` or `+` in it;
 * - a query that has such names is not sorted.
 *
 * Names are otherwise compared as sent. Duplicates stay, in their order.
 */
export function filterQuery(plan: QueryPlan, query: string): string {
  if (query === '' || plan === 'none') return ''
  const parts: string[] = []
  for (const part of query.slice(1).split('&')) if (isKept(plan, part)) parts.push(part)
  if (parts.length === 0) return ''
  if (plan.sort && parts.length > 1 && parts.every(isPlainPart)) parts.sort(byName)
  return `?${parts.join('&')}`
}

function isKept({ ignored, beginnings, kept }: QueryFilter, part: string): boolean {
  if (part.includes(';')) return true
  const name = nameOf(part)
  if (kept !== undefined) {
    if (!isPlain(name)) return true
    const lower = name.toLowerCase()
    return kept.names.has(lower) || beginsWith(lower, kept.beginnings)
  }
  if (ignored.has(name)) return false
  return name.includes('%') || name.includes('+') || !beginsWith(name, beginnings)
}

function nameOf(part: string): string {
  const equals = part.indexOf('=')
  return equals === -1 ? part : part.slice(0, equals)
}

function beginsWith(name: string, beginnings: readonly string[]): boolean {
  for (const beginning of beginnings) if (name.startsWith(beginning)) return true
  return false
}

const isPlainPart = (part: string): boolean => !part.includes(';') && isPlain(nameOf(part))

/** Letters, digits, `-` and `_`, and something at all: one name to every origin. */
const isPlain = (name: string): boolean => /^[\w-]+$/.test(name)

/** Stable, and blind to case: what one origin takes for duplicates keeps its order. */
function byName(a: string, b: string): number {
  const nameA = nameOf(a).toLowerCase()
  const nameB = nameOf(b).toLowerCase()
  return nameA < nameB ? -1 : nameA > nameB ? 1 : 0
}

const whole = (names: readonly string[]): ReadonlySet<string> => new Set(names.filter((name) => !name.endsWith('*')))

const beginnings = (names: readonly string[]): readonly string[] =>
  names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))
