import type { Sample } from './failover-load.ts'

/** Those that were due in a span of the steady clock. */
export function between(samples: readonly Sample[], from: number, until: number): readonly Sample[] {
  return samples.filter(({ at }) => at >= from && at < until)
}

export function failed(samples: readonly Sample[]): readonly Sample[] {
  return samples.filter(({ outcome }) => outcome !== 200)
}

/** Percent that did not get their 200. */
export function errorRate(samples: readonly Sample[]): number {
  return samples.length === 0 ? 0 : (100 * failed(samples).length) / samples.length
}

/** Milliseconds, such as the 99th of 100 with 0.99; NaN without samples. */
export function quantile(samples: readonly Sample[], part: number): number {
  const sorted = samples.map(({ latency }) => latency).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`
}

/** `12 of 20,000: 9 x 503, 3 x client timeout` */
export function failures(samples: readonly Sample[]): string {
  const bad = failed(samples)
  const kinds = new Map<number | string, number>()
  for (const { outcome } of bad) kinds.set(outcome, (kinds.get(outcome) ?? 0) + 1)
  const which = [...kinds].map(([kind, count]) => `${count} x ${kind}`).join(', ')
  const total = samples.length.toLocaleString('en')
  return `${bad.length} of ${total}${which === '' ? '' : `: ${which}`}`
}
