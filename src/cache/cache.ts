import type { Clock } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Dispatch, DispatchHandler, DispatchOptions } from '../contract/layer.ts'
import { Answer } from './answer.ts'
import { type Forward, tellPassed, tellRefused } from './cache-status.ts'
import { Fill, type FillTask } from './fill.ts'
import type { FillHost, HitDetail } from './fill-host.ts'
import { Fills } from './fills.ts'
import { giveStored } from './give-stored.ts'
import type { Head } from './head.ts'
import { stale, updateByHead } from './head-update.ts'
import { extraOf, urlOf } from './key.ts'
import type { Circumstances } from './make-head.ts'
import type { Arrival } from './outcome.ts'
import { detourOf, placeOf } from './place.ts'
import type { CachePlan } from './plan.ts'
import type { PurgeBus } from './purge-bus.ts'
import { parseRange } from './range.ts'
import { CacheRequest } from './request.ts'
import { isFresh, reuse } from './reuse.ts'
import { type Entry, isSameVariant, type PurgeTarget, type Store } from './store.ts'
import { UrlLore } from './url-lore.ts'
import { matchesVary } from './vary.ts'
import { viewOf, viewOfPart } from './view.ts'

/** Calls that nobody waits for, at a time. */
const maxBackground = 100
/** How often one request turns to another call before it makes its own. */
const maxTurns = 3

export interface CacheSettings {
  readonly clock: Clock
  readonly store: Store
  /** Our name in Cache-Status: a token, or a string with its quotes (RFC 9211 2). */
  readonly name: string
  /** Bytes of content that are kept at hand for whoever joins a call under way. */
  readonly shareBytes: number
  readonly bus: PurgeBus | undefined
}

/** Since the start. */
export interface CacheStats {
  readonly hits: number
  readonly misses: number
  readonly hitBytes: number
  readonly missBytes: number
  /** Answered by a call that another had made. */
  readonly collapsed: number
  readonly validations: number
}

/** The shared HTTP cache: RFC 9111, and what its neighbours add. */
export class Cache implements FillHost {
  readonly clock: Clock
  readonly store: Store
  readonly name: string
  readonly shareBytes: number
  readonly stats = { hits: 0, misses: 0, hitBytes: 0, missBytes: 0, collapsed: 0, validations: 0 }
  readonly #bus: PurgeBus | undefined
  readonly #fills = new Fills()
  readonly lore: UrlLore
  /** How many there have been, of whatever kind. */
  purges = 0

  constructor(settings: CacheSettings) {
    this.clock = settings.clock
    this.lore = new UrlLore(settings.clock)
    this.store = settings.store
    this.name = settings.name
    this.shareBytes = settings.shareBytes
    this.#bus = settings.bus
    this.#bus?.onPurge(({ target, soft }) => {
      this.#purgeHere(target, soft, true)
    })
  }

  /** Removes what is meant here and, where a bus is, on all machines; `soft` leaves it, stale. How many there were here. */
  async purge(target: PurgeTarget, soft = false): Promise<number> {
    // A URL may be stored under the name that No-Vary-Search gives it as well.
    const alias = 'url' in target ? this.lore.storedAs(target.url) : undefined
    const targets = 'url' in target && alias !== target.url ? [target, { url: alias as string }] : [target]
    const counts = targets.map((one) => this.#purgeHere(one, soft, false))
    for (const one of targets) await this.#bus?.publish({ target: one, soft })
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
  }

  #purgeHere(target: PurgeTarget, soft: boolean, isHeard: boolean): Promise<number> {
    this.purges++
    this.#fills.spoil(target)
    const now = this.clock.wall()
    const soften = soft ? (head: Head): Head => stale(head, now) : undefined
    const { store } = this
    return isHeard && store.purgeLocal !== undefined ? store.purgeLocal(target, soften) : store.purge(target, soften)
  }

  /** What an unsafe request has changed is not what is stored. RFC 9111 4.4. */
  invalidate(asked: string): void {
    this.purge({ url: asked })
  }

  /** A request that may be answered from the store: a GET or HEAD without content. */
  take(
    dispatch: Dispatch,
    options: DispatchOptions,
    handler: DispatchHandler,
    exchange: Exchange,
    plan: CachePlan,
  ): boolean {
    let extra: string
    try {
      if (plan.bypass?.(exchange) === true) {
        tellPassed(exchange, plan, this.name, 'bypass', undefined)
        return dispatch(options, handler)
      }
      extra = extraOf(plan.key, exchange, placeOf(options)) + detourOf(options, exchange.target)
    } catch {
      tellPassed(exchange, plan, this.name, 'bypass', 'key')
      return dispatch(options, handler)
    }
    const request = new CacheRequest(options, options.headers as readonly string[], plan.obeysRequests)
    const asked = urlOf(plan.key, exchange.target)
    const url = this.lore.storedAs(asked)
    const answer = new Answer(dispatch, options, handler, exchange, request, plan, asked, url, extra, this.stats)
    answer.start()
    if (request.hasOriginConditions) this.#alone(answer, 'bypass')
    else this.#ask(answer, false)
    return true
  }

  #ask(answer: Answer, solo: boolean): void {
    if (answer.over) return
    const found = this.store.find(answer.url)
    if (found instanceof Promise) this.#later(answer, found, solo, false)
    else this.#decide(answer, found, solo, false)
  }

  /** Nobody stands above us in that turn: what is thrown there is the answer's. */
  #later(answer: Answer, found: Promise<readonly Entry[]>, solo: boolean, isDeep: boolean): void {
    found
      .then((entries) => this.#decide(answer, entries, solo, isDeep))
      .catch((error: Error) => answer.fail(new ProxyError('SP_INTERNAL', error.message, error)))
  }

  #decide(answer: Answer, entries: readonly Entry[], solo: boolean, isDeep: boolean): void {
    if (answer.over) return
    const entry = pick(entries, answer)
    if (entry !== undefined) {
      this.#use(answer, entry, solo)
    } else if (entries.length > 0 && !isDeep && this.store.findDeeper !== undefined) {
      this.#later(answer, this.store.findDeeper(answer.url), solo, true)
    } else {
      this.#miss(answer, entries.length > 0 ? 'vary-miss' : 'uri-miss', solo)
    }
  }

  #use(answer: Answer, entry: Entry, solo: boolean): void {
    const { head } = entry
    const { request } = answer
    const now = this.clock.wall()
    if (head.part !== undefined) {
      this.#usePart(answer, entry, now, solo)
      return
    }
    switch (reuse(head, request.directives, now)) {
      case 'fresh':
        this.serve(answer, entry, head, undefined)
        return
      case 'stale':
        this.serve(answer, entry, head, 'stale')
        return
      case 'while-revalidating':
        this.serve(answer, entry, head, 'while-revalidating')
        if (!this.#fills.isValidating(answer) && this.#fills.background < maxBackground) {
          this.#begin(answer, { mode: 'validate', forward: 'stale', base: entry, isBackground: true })
        }
        return
      case 'validate-stale':
        this.#validate(answer, entry, 'stale', solo)
        return
      case 'validate-request':
        this.#validate(answer, entry, 'request', solo)
    }
  }

  #usePart(answer: Answer, entry: Entry, now: number, solo: boolean): void {
    const { head } = entry
    const { request } = answer
    if (reuse(head, request.directives, now) === 'fresh') {
      const view = viewOfPart(request, head, now)
      if (view !== undefined) {
        giveStored(this, answer, entry, head, view, undefined, now)
        return
      }
      const canComplete = head.part?.first === 0 && request.range === undefined && request.method === 'GET' && !solo
      if (canComplete && !request.directives.onlyIfCached) {
        this.#call(answer, { mode: 'complete', forward: 'partial', base: entry, isBackground: false })
        return
      }
    }
    this.#miss(answer, 'partial', solo)
  }

  #validate(answer: Answer, entry: Entry, forward: Forward, solo: boolean): void {
    if (answer.turns > maxTurns) {
      // Whatever was said of the stored response was not for this one: it asks as if there were none.
      this.#miss(answer, forward, true)
      return
    }
    if (this.#refuses(answer)) return
    if (solo || answer.request.method === 'HEAD')
      this.#begin(answer, { mode: 'validate', forward, base: entry, isBackground: false })
    else this.#call(answer, { mode: 'validate', forward, base: entry, isBackground: false })
  }

  #miss(answer: Answer, forward: Forward, solo: boolean): void {
    if (this.#refuses(answer)) return
    const { request } = answer
    const isOdd = request.range !== undefined && parseRange(request.range) === undefined
    if (solo || isOdd || request.method === 'HEAD' || this.lore.isUnshared(answer)) this.#alone(answer, forward)
    else this.#call(answer, { mode: 'fetch', forward, base: undefined, isBackground: false })
  }

  /** `only-if-cached`, RFC 9111 5.2.1.7. */
  #refuses(answer: Answer): boolean {
    if (!answer.request.directives.onlyIfCached) return false
    tellRefused(answer, this.name, 'only-if-cached')
    answer.fail(new ProxyError('SP_NOT_CACHED'))
    return true
  }

  #alone(answer: Answer, forward: Forward): void {
    this.#begin(answer, { mode: 'solo', forward, base: undefined, isBackground: false })
  }

  /** A call that others may join, or one that is under way. */
  #call(answer: Answer, task: FillTask): void {
    if (answer.plan.collapse > 0) {
      const fill = this.#fills.joinable(answer)
      if (fill !== undefined) {
        this.stats.collapsed++
        fill.join(answer)
        return
      }
    }
    this.#begin(answer, task)
  }

  #begin(answer: Answer, task: FillTask): void {
    if (task.mode === 'validate') this.stats.validations++
    const fill = new Fill(this, answer, task)
    this.#fills.add(fill)
    fill.begin()
  }

  serve(answer: Answer, entry: Entry, head: Head, detail: HitDetail): void {
    const now = this.clock.wall()
    const view =
      head.part === undefined ? viewOf(answer.request, head, entry.size, now) : viewOfPart(answer.request, head, now)
    if (view === undefined) this.again(answer, true)
    else giveStored(this, answer, entry, head, view, detail, now)
  }

  again(answer: Answer, solo: boolean): void {
    answer.source = undefined
    answer.collapsed = false
    try {
      this.#ask(answer, solo || ++answer.turns > maxTurns)
    } catch (error) {
      answer.fail(new ProxyError('SP_INTERNAL', (error as Error).message, error))
    }
  }

  partBeside(head: Head): Entry | undefined {
    const found = this.store.find(head.url)
    if (found instanceof Promise) return undefined
    return found.find(
      (entry) =>
        entry.head.part !== undefined && isSameVariant(entry.head, head) && isFresh(entry.head, this.clock.wall()),
    )
  }

  over(fill: Fill): void {
    this.#fills.delete(fill)
  }

  headCame(answer: Answer, arrival: Arrival, around: Circumstances): void {
    const found = this.store.find(answer.url)
    const update = (entries: readonly Entry[]): void => {
      const entry = pick(entries, answer)
      const head = entry === undefined ? undefined : updateByHead(answer.plan, entry, around, arrival)
      if (entry !== undefined && head !== undefined) this.store.update(entry, head)
    }
    // What cannot be told of a stored response leaves it as it was.
    if (found instanceof Promise) found.then(update).catch(() => {})
    else update(found)
  }
}

/** The newest variant that this request may have. */
function pick(entries: readonly Entry[], { extra, request }: Answer): Entry | undefined {
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as Entry
    if (entry.head.extra === extra && matchesVary(entry.head.vary, request.fields)) return entry
  }
  return undefined
}
