import { parseList } from '../http/structured-fields.ts'
import { bytes, counted, harmless, table } from './readable.ts'

/** How many of the failed are named. */
const mostNamed = 10

/** What became of the URLs. */
export interface Tally {
  /** @param cacheStatus Cache-Status, RFC 9211; empty where there was none */
  answered(url: URL, status: number, cacheStatus: string, size: number): void
  failed(url: URL, reason: string): void
  readonly done: number
  readonly failures: number
  /** `120 stored, 3 hits, 1 failed`. */
  short(): string
  /** For the end: a line for each outcome, and the first that failed. `took` is milliseconds. */
  long(took: number): string
}

export function createTally(): Tally {
  const counts = { stored: 0, hit: 0, 'not stored': 0, 'no Cache-Status': 0, failed: 0 }
  const reasons = { 'not stored': new Map<string, number>(), failed: new Map<string, number>() }
  const named: string[] = []
  let size = 0

  function count(outcome: keyof typeof counts, reason?: string): void {
    counts[outcome]++
    if (reason === undefined || (outcome !== 'failed' && outcome !== 'not stored')) return
    reasons[outcome].set(reason, (reasons[outcome].get(reason) ?? 0) + 1)
  }

  function failed(url: URL, reason: string): void {
    count('failed', reason)
    if (named.length < mostNamed) named.push(`${harmless(url.href)}: ${reason}`)
  }

  return {
    answered(url, status, cacheStatus, length) {
      size += length
      const said = readCacheStatus(cacheStatus)
      if (status >= 400) failed(url, `status ${status}`)
      else if (said === undefined) count('no Cache-Status')
      else if (said.isHit) count('hit')
      else if (said.isStored) count('stored')
      else count('not stored', said.why)
    },
    failed,
    get done() {
      return Object.values(counts).reduce((sum, one) => sum + one)
    },
    get failures() {
      return counts.failed
    },
    short: () => `${counts.stored} stored, ${counts.hit} hits, ${counts.failed} failed`,
    long(took) {
      const rows = Object.entries(counts)
        .filter(([outcome, its]) => its > 0 || outcome === 'stored')
        .map(([outcome, its]) => [outcome, its.toLocaleString('en'), whyOf(reasons[outcome as 'failed'])])
      const [, ...lines] = table(['', '#', ''], rows, ['#']).split('\n')
      const total = `${counted(this.done, 'URL', 'URLs')} in ${(took / 1000).toFixed(1)} s, ${bytes(size)}`
      const isOther = counts['no Cache-Status'] > 0
      const hint = isOther ? 'Is it a sallyport with --cache that answers at --to?\n' : ''
      return `${total}\n${lines.map((line) => line && `  ${line}\n`).join('')}${hint}${named.map((line) => `failed: ${line}\n`).join('')}`
    },
  }
}

/** `no-store 5, set-cookie 3`, the most frequent first. */
function whyOf(reasons: ReadonlyMap<string, number> | undefined): string {
  return [...(reasons ?? [])]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 5)
    .map(([reason, times]) => `${reason} ${times}`)
    .join(', ')
}

interface Said {
  readonly isHit: boolean
  readonly isStored: boolean
  /** Why it is not stored, where that is said. */
  readonly why: string
}

/** What the cache nearest to us says, which is the last member of the list. RFC 9211 2. */
function readCacheStatus(value: string): Said | undefined {
  const parameters = parseList(value)?.at(-1)?.parameters
  if (parameters === undefined) return undefined
  const detail = parameters.get('detail') ?? parameters.get('fwd')
  return {
    isHit: parameters.get('hit')?.value === true,
    isStored: parameters.get('stored')?.value === true,
    why: harmless(String(detail?.value ?? 'no reason given')),
  }
}
