import type { OutlierSettings } from './outlier-options.ts'
import type { OutlierRecord } from './outlier-record.ts'

/** The newest requests of a pool are so many times `minimumRequests` for each member, at most. */
const length = 4
/** Standard errors by which a gap among the newest requests has to stand out: there are many looks at them, chance would find one. */
const sure = 4

/**
 * Who fails so much more often than the others together: since the interval began, or among the newest requests of the pool.
 * Without the second, one that was well until now would have to fail for as long again before it shows. Where the others
 * have too few of these, what they had before counts too: one that fails quickly may draw all of the traffic.
 */
export class FailureGap {
  readonly #settings: NonNullable<OutlierSettings['failureGap']>
  /** Of the interval, of all that are not ejected. */
  #requests = 0
  #failed = 0
  #newest = 0
  #newestFailed = 0
  #before = 0
  #beforeFailed = 0

  constructor(settings: NonNullable<OutlierSettings['failureGap']>) {
    this.#settings = settings
  }

  /** One more attempt of this member, which `record` has counted already. */
  count(record: OutlierRecord, failed: boolean, all: readonly OutlierRecord[]): void {
    if (this.#newest >= length * this.#settings.minimumRequests * all.length) this.#age(all)
    this.#requests++
    this.#newest++
    record.newest++
    if (!failed) return
    this.#failed++
    this.#newestFailed++
    record.newestFailed++
  }

  /** The newest are so no more. What had too few of them to tell keeps what it had before. */
  #age(all: readonly OutlierRecord[]): void {
    this.#newest = 0
    this.#newestFailed = 0
    this.#before = 0
    this.#beforeFailed = 0
    for (const record of all) {
      const enough = record.newest >= this.#settings.minimumRequests
      record.before = record.newest + (enough ? 0 : record.before)
      record.beforeFailed = record.newestFailed + (enough ? 0 : record.beforeFailed)
      record.newest = 0
      record.newestFailed = 0
      this.#before += record.before
      this.#beforeFailed += record.beforeFailed
    }
  }

  isFar(record: OutlierRecord): boolean {
    const { requests, failed, newest, newestFailed, before, beforeFailed } = record
    const { points, minimumRequests: least } = this.#settings
    const others = this.#requests - requests
    if (requests >= least && others >= least) {
      if (100 * (failed / requests - (this.#failed - failed) / others) >= points) return true
    }
    let lately = this.#newest - newest
    let latelyFailed = this.#newestFailed - newestFailed
    if (lately < least) {
      lately += this.#before - before
      latelyFailed += this.#beforeFailed - beforeFailed
    }
    if (newest < least || lately < least) return false
    const gap = newestFailed / newest - latelyFailed / lately
    if (100 * gap < points) return false
    const share = (newestFailed + latelyFailed) / (newest + lately)
    return gap >= sure * Math.sqrt(share * (1 - share) * (1 / newest + 1 / lately))
  }

  /** It is out, or gone: what it did is no measure for the others. */
  uncount(record: OutlierRecord): void {
    this.#requests -= record.requests
    this.#failed -= record.failed
    this.#newest -= record.newest
    this.#newestFailed -= record.newestFailed
    this.#before -= record.before
    this.#beforeFailed -= record.beforeFailed
  }

  /** An interval has begun, for the records too. */
  clear(): void {
    this.#requests = 0
    this.#failed = 0
  }
}
