import type { Results } from './runs.ts'

export interface Goal {
  readonly promise: string
  readonly found: string
  readonly met: boolean
}

/** Extra moves in percent of the keys that our own measurement of the published algorithm shows, and some room for chance. */
const maglevExtra: Readonly<Record<string, number>> = { '10/1': 0.4, '100/1': 0.8, '1000/10': 2.8, '1000/50': 3.7 }

/** What the project promises of its policies, and whether this run holds to it. */
export function goalsOf({ slowServer, small, large, churn }: Results): Goal[] {
  function success(policy: string, least: number, most = 100): Goal {
    const row = slowServer.find((one) => one.policy === policy && !one.outlier && !one.givesUp)
    const shares = row?.success ?? []
    const range = `${Math.min(...shares).toFixed(2)} to ${Math.max(...shares).toFixed(2)} %`
    return {
      promise: `slow server: ${policy} answers ${most === 100 ? `at least ${least} %` : `${least} to ${most} %`} within a second`,
      found: range,
      met: shares.length > 0 && shares.every((share) => share >= least && share <= most),
    }
  }

  function p99(rows: Results['small'], policy: string, load: number): number {
    return rows.find((row) => row.policy === policy && row.load === load)?.p99 ?? Number.NaN
  }

  function overload(load: number): Goal {
    const ours = p99(small, 'peak-ewma', load)
    const turns = p99(small, 'round-robin', load)
    return {
      promise: `overload ${load}: p99 of peak-ewma is at most half of round-robin's`,
      found: `${ours.toFixed(0)} to ${turns.toFixed(0)} ms`,
      met: ours <= turns / 2,
    }
  }

  function notWorse(load: number): Goal {
    const ours = p99(large, 'peak-ewma', load)
    const two = p99(large, 'least-requests', load)
    return {
      promise: `overload ${load} of 100 servers: p99 of peak-ewma is not worse than that of two choices by requests`,
      found: `${ours.toFixed(0)} to ${two.toFixed(0)} ms`,
      met: ours <= two * 1.02,
    }
  }

  const disruption = churn
    .filter(({ policy }) => policy === 'maglev')
    .map(({ upstreams, removed, extra }): Goal => {
      const most = maglevExtra[`${upstreams}/${removed}`] as number
      return {
        promise: `maglev, ${removed} of ${upstreams} leave: at most ${most} % of the keys move without need`,
        found: `${extra.toFixed(2)} %`,
        met: extra <= most,
      }
    })

  return [
    success('round-robin', 95.3, 95.6),
    success('least-requests', 99.4),
    success('peak-ewma', 99.9),
    ...[1.03, 1.14, 1.27].map(overload),
    ...[1.03, 1.14, 1.27].map(notWorse),
    ...disruption,
  ]
}
