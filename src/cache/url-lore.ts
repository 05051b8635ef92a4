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
/** Characters of a URL, or of a key, that something is remembered of: who sends the longest takes no more memory than others. */
const longest = 1024

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
    if (vary.length > 0 && url.length <= longest) {
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

  /** Requests of this kind for this URL do not wait for each other. */
  markUnshared(answer: Answer): void {
    const key = kindOf(answer)
    if (key.length <= longest) this.#unshared.set(key, this.#clock.now() + unsharedTime)
  }

  isUnshared(answer: Answer): boolean {
    if (this.#unshared.size === 0) return false
    const until = this.#unshared.get(kindOf(answer))
    return until !== undefined && until > this.#clock.now()
  }
}

/** What is kept from the store because of who asks says nothing of those that ask in another way. */
function kindOf({ url, extra, request }: Answer): string {
  const { hasAuthorization, hasCookie, directives } = request
  return `${hasAuthorization ? 'a' : ''}${hasCookie ? 'c' : ''}${directives.noStore ? 's' : ''} ${url} ${extra}`
}
