import type { SearchRule } from './no-vary-search.ts'

const mostPaths = 10_000
/** Characters of a URL without its query. Longer ones have no rule: what is remembered stays bounded. */
const longestPath = 2048

/**
 * The newest No-Vary-Search rule of each path, and what it makes of URLs. One URL stands for all that are equivalent under
 * the rule, and names the rule behind a `#`, which no target has: what was stored under another rule, or under none, is not
 * taken for it (section 6 of the draft: a stored response is reused by its own rule; a cache may look at the newest alone).
 *
 * When a response has arrived: `learn` first, then store it under `apply`. Who purges a URL purges it as it is and as
 * `apply` gives it.
 */
export class SearchRules {
  readonly #rules = new Map<string, SearchRule>()

  get size(): number {
    return this.#rules.size
  }

  /** The URL for the store. The same text when its path has no rule. */
  apply(url: string): string {
    if (this.#rules.size === 0) return url
    const mark = url.indexOf('?')
    const path = mark === -1 ? url : url.slice(0, mark)
    const rule = this.#rules.get(path)
    return rule === undefined ? url : `${path}?${canonical(rule, mark === -1 ? '?' : url.slice(mark))}#${rule.id}`
  }

  /**
   * Takes over what the newest response for a URL says.
   * @param url as it came, not as `apply` gives it
   * @param rule undefined: every difference counts
   */
  learn(url: string, rule: SearchRule | undefined): void {
    if (rule === undefined && this.#rules.size === 0) return
    const mark = url.indexOf('?')
    const path = mark === -1 ? url : url.slice(0, mark)
    if (rule === undefined) {
      this.#rules.delete(path)
      return
    }
    if (path.length > longestPath || this.#rules.get(path)?.id === rule.id) return
    this.#rules.delete(path)
    if (this.#rules.size >= mostPaths) this.#rules.delete(this.#rules.keys().next().value as string)
    this.#rules.set(path, rule)
  }

  clear(): void {
    this.#rules.clear()
  }
}

/** The parameters that count, as application/x-www-form-urlencoded has them (section 5 of the draft). */
function canonical({ params, except, anyOrder }: SearchRule, query: string): string {
  if (params === '*' && except.size === 0) return ''
  const counting = new URLSearchParams()
  for (const [name, value] of new URLSearchParams(query)) {
    if (params === '*' ? except.has(name) : !params.has(name)) counting.append(name, value)
  }
  // By code units, stable: just the order that the draft has.
  if (anyOrder) counting.sort()
  return counting.toString()
}
