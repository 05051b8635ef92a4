import type { LatencySettings } from './outlier-options.ts'
import type { OutlierRecord } from './outlier-record.ts'

/** So many of the others are looked at: their median is near enough to that of all, and the cost stays the same. */
const sample = 32
const means = new Float64Array(sample)

/**
 * Is this member much slower than the others? True when its last `consecutive` answers, over a time of at least `floor`,
 * and its mean took more than `factor` times the median of the others' means. To be asked after each of its answers;
 * the row of slow ones begins anew with each look that finds nothing.
 *
 * Two things keep it quiet when all slow down together, or when this process itself stood still. Only such others are
 * a measure that answered since the row began: who has not may be just as slow. And slow answers that come all at once
 * are one pause, not a slow upstream.
 *
 * @param random where among the others to begin looking, 0 to 1
 */
export function isSlow(
  record: OutlierRecord,
  all: readonly OutlierRecord[],
  settings: LatencySettings,
  now: number,
  random: () => number,
): boolean {
  const { factor, floor, consecutive, minimumRequests } = settings
  if (record.slow < consecutive || now - record.slowSince < floor || record.answers < minimumRequests) return false

  // Without a measure it is NaN, and nothing is above that.
  const most = factor * baseline(record, all, minimumRequests, random)
  const slow = record.slowLeast > most && record.mean > most
  if (!slow) record.slow = 0
  return slow
}

/** The lower median of the means of others that have answered since its slow row began; NaN when there are none. */
function baseline(
  record: OutlierRecord,
  all: readonly OutlierRecord[],
  minimumRequests: number,
  random: () => number,
): number {
  let found = 0
  let at = all.length > sample ? Math.floor(random() * all.length) : 0
  for (let i = 0; i < all.length && i < 4 * sample && found < sample; i++, at++) {
    if (at === all.length) at = 0
    const other = all[at] as OutlierRecord
    if (other === record || other.member.ejected || other.answers < minimumRequests) continue
    if (other.answeredAt > record.slowSince) means[found++] = other.mean
  }
  if (found === 0) return Number.NaN
  return means.subarray(0, found).sort()[(found - 1) >> 1] as number
}
