import type { Answer } from './answer.ts'
import type { Fill } from './fill.ts'
import type { PurgeTarget } from './store.ts'

/** Calls under way, by URL: those that others may join, and those of one client, which a purge concerns as well. */
export class Fills {
  readonly #byUrl = new Map<string, Fill[]>()
  #background = 0

  /** Calls that nobody waits for. */
  get background(): number {
    return this.#background
  }

  add(fill: Fill): void {
    const { url } = fill.lead
    const known = this.#byUrl.get(url)
    if (known === undefined) this.#byUrl.set(url, [fill])
    else known.push(fill)
    if (fill.task.isBackground) this.#background++
  }

  delete(fill: Fill): void {
    const { url } = fill.lead
    const known = this.#byUrl.get(url)
    const at = known?.indexOf(fill) ?? -1
    if (known === undefined || at === -1) return
    if (fill.task.isBackground) this.#background--
    if (known.length === 1) this.#byUrl.delete(url)
    else known.splice(at, 1)
  }

  /** One that will bring what this one asks for. */
  joinable(answer: Answer): Fill | undefined {
    const known = this.#byUrl.get(answer.url)
    if (known === undefined) return undefined
    for (const fill of known) if (fill.lead.extra === answer.extra && fill.accepts(answer)) return fill
    return undefined
  }

  /** Is the stored response that would answer this one being validated already? */
  isValidating(answer: Answer): boolean {
    const known = this.#byUrl.get(answer.url)
    return known?.some(({ lead, task }) => task.isBackground && lead.extra === answer.extra) ?? false
  }

  /** What is meant shall not be stored when it comes. */
  spoil(target: PurgeTarget): void {
    if ('url' in target) {
      for (const fill of this.#byUrl.get(target.url) ?? []) fill.spoil()
      return
    }
    for (const [url, fills] of this.#byUrl) {
      // Which tags an answer under way has is not known.
      if ('prefix' in target && !url.startsWith(target.prefix)) continue
      for (const fill of fills) fill.spoil()
    }
  }
}
