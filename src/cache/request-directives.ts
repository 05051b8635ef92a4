import { deltaSeconds, maxSeconds } from './delta-seconds.ts'
import { readDirectiveLine } from './directive-line.ts'

/** Cache-Control of a request, RFC 9111 5.2.1. Durations are seconds, at most 2^31. */
export interface RequestDirectives {
  readonly noStore: boolean
  /** Also for `Pragma: no-cache` without Cache-Control (RFC 9111 5.4). */
  readonly noCache: boolean
  readonly onlyIfCached: boolean
  readonly maxAge: number | undefined
  readonly minFresh: number | undefined
  /** Infinity for `max-stale` without a value. */
  readonly maxStale: number | undefined
}

/**
 * Reads what a client asks for; frozen, and shared between requests. What is invalid or comes twice asks for the fresher
 * answer: `max-age` is then 0, `min-fresh` as long as can be, `max-stale` is not there.
 * @param cacheControl all lines, joined by a comma
 * @param pragma the same; counts only where there is no Cache-Control
 */
export function readRequestDirectives(cacheControl: string | undefined, pragma: string | undefined): RequestDirectives {
  if (cacheControl === undefined) return pragma !== undefined && asksNoCache(pragma) ? noCache : nothing
  if (cacheControl === 'no-cache') return noCache
  if (cacheControl === 'max-age=0') return maxAgeZero
  if (cacheControl !== lastText) {
    last = read(cacheControl)
    lastText = cacheControl
  }
  return last
}

const nothing: RequestDirectives = Object.freeze({
  noStore: false,
  noCache: false,
  onlyIfCached: false,
  maxAge: undefined,
  minFresh: undefined,
  maxStale: undefined,
})
const noCache: RequestDirectives = Object.freeze({ ...nothing, noCache: true })
const maxAgeZero: RequestDirectives = Object.freeze({ ...nothing, maxAge: 0 })

let lastText = ''
let last = nothing

function asksNoCache(pragma: string): boolean {
  if (pragma === 'no-cache') return true
  const { directives } = readDirectiveLine(pragma, false)
  return directives.some(({ name }) => name === 'no-cache')
}

function read(line: string): RequestDirectives {
  const { directives, words, open } = readDirectiveLine(line, false)
  const asked: { -readonly [name in keyof RequestDirectives]: RequestDirectives[name] } = { ...nothing }
  for (const { name, value } of directives) add(asked, name, value)
  for (const word of words) add(asked, word, '')
  if (open) asked.noStore = true
  if (asked.maxStale === -1) asked.maxStale = undefined
  return Object.freeze(asked)
}

function add(
  asked: { -readonly [name in keyof RequestDirectives]: RequestDirectives[name] },
  name: string,
  value: string | undefined,
): void {
  const seconds = deltaSeconds(value ?? '')
  switch (name) {
    case 'no-store':
      asked.noStore = true
      break
    case 'no-cache':
      asked.noCache = true
      break
    case 'only-if-cached':
      if (value === undefined) asked.onlyIfCached = true
      break
    case 'max-age':
      asked.maxAge = Math.min(asked.maxAge ?? maxSeconds, Math.max(0, seconds))
      break
    case 'min-fresh':
      asked.minFresh = Math.max(asked.minFresh ?? 0, seconds === -1 ? maxSeconds : seconds)
      break
    case 'max-stale':
      asked.maxStale = Math.min(asked.maxStale ?? Infinity, value === undefined ? Infinity : seconds)
      break
  }
}
