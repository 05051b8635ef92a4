import type { OutlierSettings } from './outlier-options.ts'
import type { OutlierRecord } from './outlier-record.ts'

/** Mean less so many population standard deviations: rates 100, 100, 100, 100, 50 and 1.9 give 90 - 1.9 * 20 = 52. */
export function successRateThreshold(rates: readonly number[], deviations: number): number {
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length
  return mean - deviations * Math.sqrt(variance)
}

/** Those whose rates of the interval are out of line, worst first. Who is out already is neither judged nor a measure. */
export function rateOutliers(
  records: readonly OutlierRecord[],
  settings: Pick<OutlierSettings, 'successRate' | 'failurePercentage'>,
): { readonly record: OutlierRecord; readonly reason: 'success_rate' | 'failure_percentage' }[] {
  const { successRate, failurePercentage } = settings
  const found = new Map<OutlierRecord, 'success_rate' | 'failure_percentage'>()

  if (failurePercentage !== undefined) {
    const judged = withRequests(records, failurePercentage.minimumRequests)
    if (judged.length >= failurePercentage.minimumHosts) {
      for (const record of judged) {
        if (100 - rateOf(record) >= failurePercentage.threshold) found.set(record, 'failure_percentage')
      }
    }
  }
  if (successRate !== undefined) {
    const judged = withRequests(records, successRate.minimumRequests)
    if (judged.length >= successRate.minimumHosts) {
      const threshold = successRateThreshold(judged.map(rateOf), successRate.deviations)
      for (const record of judged) {
        // Where all are the same, their mean may differ from them by the last bit.
        if (rateOf(record) < threshold - 1e-9) found.set(record, 'success_rate')
      }
    }
  }
  return [...found].map(([record, reason]) => ({ record, reason })).sort((a, b) => rateOf(a.record) - rateOf(b.record))
}

/** Percent of requests of the interval that went well. */
function rateOf(record: OutlierRecord): number {
  return 100 - (100 * record.failed) / record.requests
}

function withRequests(records: readonly OutlierRecord[], least: number): OutlierRecord[] {
  return records.filter(({ member, requests }) => !member.ejected && requests >= least)
}
