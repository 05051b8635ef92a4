import type { OutlierSettings } from './outlier-options.ts'
import type { OutlierRecord } from './outlier-record.ts'

/** The newest requests of a pool are so many times `minimumRequests` for each member, at most. */
const length = 4
/** Standard errors by which a gap among the newest requests has to stand out: there are many looks at them, chance would find one. */
const sure = 4

/**
 * Who fails so much more often than the others together: since the interval began, or among the newest requests. Without
 * the second, one that was well until now would have to fail for as long again before it shows.
 */
export class FailureGap {
  readonly #settings: NonNullable<OutlierSettings['failureGap']>
  /** Of all that are not ejected. */
  #requests = 0
  #failed = 0
  #newest = 0
  #newestFailed = 0

  constructor(settings: NonNullable<OutlierSettings['failureGap']>) {
    this.#settings = settings
  }

  /** One more attempt of this member, which `record` has counted already. */
  count(record: OutlierRecord, failed: boolean, all: readonly OutlierRecord[]): void {
    if (this.#newest >= length * this.#settings.minimumRequests * all.length) {
      for (const one of all) one.clearNewest()
      this.#newest = 0
      this.#newestFailed = 0
    }
    this.#requests++
    this.#newest++
    record.newest++
    if (!failed) return
    this.#failed++
    this.#newestFailed++
    record.newestFailed++
  }

  isFar({ requests, failed, newest, newestFailed }: OutlierRecord): boolean {
    const others = this.#requests - requests
    const { points, minimumRequests: least } = this.#settings
    if (requests >= least && others >= least) {
      if (100 * (failed / requests - (this.#failed - failed) / others) >= points) return true
    }
    const newestOthers = this.#newest - newest
    if (newest < least || newestOthers < least) return false
    const gap = newestFailed / newest - (this.#newestFailed - newestFailed) / newestOthers
    if (100 * gap < points) return false
    const share = this.#newestFailed / this.#newest
    return gap >= sure * Math.sqrt(share * (1 - share) * (1 / newest + 1 / newestOthers))
  }

  /** It is out, or gone: what it did is no measure for the others. */
  uncount({ requests, failed, newest, newestFailed }: OutlierRecord): void {
    this.#requests -= requests
    this.#failed -= failed
    this.#newest -= newest
    this.#newestFailed -= newestFailed
  }

  /** An interval has begun, for the records too. */
  clear(): void {
    this.#requests = 0
    this.#failed = 0
    this.#newest = 0
    this.#newestFailed = 0
  }
}
