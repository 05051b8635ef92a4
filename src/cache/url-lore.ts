import type { Clock } from '../contract/clock.ts'
import type { Answer } from './answer.ts'
import { BoundedMap } from './bounded-map.ts'
import { readNoVarySearch } from './no-vary-search.ts'
import type { CacheRequest } from './request.ts'
import { SearchRules } from './search-rules.ts'
import { matchesVary, varyOf } from './vary.ts'

/** Milliseconds for which nobody waits for an answer that was not for sharing. */
const unsharedTime = 120_000
/** URLs that something is remembered of. */
const mostUrls = 10_000

/** What answers so far have told of URLs: how they vary, which parameters count, whether waiting for one is worth while. */
export class UrlLore {
  readonly #clock: Clock
  readonly #searches = new SearchRules()
  readonly #varies = new BoundedMap<string, readonly string[]>(mostUrls)
  readonly #unshared = new BoundedMap<string, number>(mostUrls)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The URL that the store knows this one by: No-Vary-Search may have its say. */
  storedAs(asked: string): string {
    return this.#searches.apply(asked)
  }

  /** The same, when the fields of an answer have come. */
  learnUrl({ asked, url }: Answer, raw: readonly string[]): string {
    const rule = readNoVarySearch(raw)
    if (rule === undefined && this.#searches.size === 0) return url
    this.#searches.learn(asked, rule)
    return this.#searches.apply(asked)
  }

  /** @param vary pairs as in `Head.vary` */
  learnVary(url: string, vary: readonly string[]): void {
    if (vary.length > 0) {
      this.#varies.set(
        url,
        vary.filter((_, i) => i % 2 === 0),
      )
    } else if (this.#varies.size > 0) this.#varies.delete(url)
  }

  /** May the two have one answer, by what is known? */
  mayShare(a: CacheRequest, b: CacheRequest, url: string): boolean {
    const names = this.#varies.get(url)
    return names === undefined || matchesVary(varyOf(names, a.fields), b.fields)
  }

  markUnshared({ url, extra }: Answer): void {
    this.#unshared.set(`${url} ${extra}`, this.#clock.now() + unsharedTime)
  }

  isUnshared({ url, extra }: Answer): boolean {
    if (this.#unshared.size === 0) return false
    const until = this.#unshared.get(`${url} ${extra}`)
    return until !== undefined && until > this.#clock.now()
  }
}
