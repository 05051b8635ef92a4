import { isField } from '../http/hop-by-hop.ts'
import { parseHttpDate } from '../http/http-date.ts'
import { deltaSeconds, maxSeconds } from './delta-seconds.ts'
import type { ResponseDirectives } from './response-directives.ts'
import { isHeuristicallyCacheable } from './status-rules.ts'

export interface FreshnessOptions {
  /**
   * Milliseconds that stand in for whatever the response says; undefined: as it says. For statuses that say nothing it counts
   * where they are cacheable by heuristics (RFC 9110 15.1): a 503 is not kept because of it.
   */
  readonly ttl: number | undefined
  /** For a response that says nothing and has no heuristic. */
  readonly defaultTtl: number | undefined
  /** For 404, 405, 410, 414, 501 that say nothing, before `ttl`; undefined: heuristics as for others. 0: not stored. */
  readonly negativeTtl: number | undefined
  /** Share of the time since Last-Modified, RFC 9111 4.2.2. 0 is off. */
  readonly heuristicShare: number
  readonly heuristicMax: number
}

/** Milliseconds. */
export interface Freshness {
  /** At most 2^31 seconds. Below 0: not to be stored. */
  readonly lifetime: number
  /** corrected_initial_age, RFC 9111 4.2.3; never negative. 2^31 seconds when Age cannot be believed. */
  readonly initialAge: number
  /** The lifetime is what the response says, or `ttl`. */
  readonly explicit: boolean
  /** The lifetime is a share of the time since Last-Modified. */
  readonly heuristic: boolean
  /** Since the epoch: Date, or when the response came where Date is missing, no date or ahead of us. */
  readonly date: number
}

/**
 * How long a response is fresh, and how old it is already. RFC 9111 4.2. Times are wall-clock milliseconds.
 *
 * What is contradictory makes it older: several Expires, or one that is no date, have expired; of several Date lines the age
 * takes the earliest and Expires the latest; see `ageOf` for Age.
 */
export function readFreshness(
  status: number,
  fields: readonly string[],
  directives: ResponseDirectives,
  requestTime: number,
  responseTime: number,
  options: FreshnessOptions,
): Freshness {
  const times = readTimes(fields, responseTime)
  const date = Math.min(times.earliest ?? responseTime, responseTime)
  const initialAge = initialAgeOf(times.age, date, requestTime, responseTime)
  const said = saidLifetime(directives, times, responseTime)
  const isKnown = said !== undefined || directives.public || isHeuristicallyCacheable(status)
  let lifetime = said ?? 0
  let explicit = said !== undefined
  let heuristic = false
  if (said === undefined && options.negativeTtl !== undefined && isNegative(status)) {
    lifetime = options.negativeTtl === 0 ? -1 : options.negativeTtl
  } else if (options.ttl !== undefined && isKnown) {
    lifetime = options.ttl
    explicit = true
  } else if (said === undefined && isKnown) {
    heuristic = options.heuristicShare > 0 && times.lastModified !== undefined && times.lastModified <= date
    if (heuristic)
      lifetime = Math.min((date - (times.lastModified ?? date)) * options.heuristicShare, options.heuristicMax)
    else lifetime = options.defaultTtl ?? 0
  }
  return { lifetime: Math.min(lifetime, longest), initialAge, explicit, heuristic, date }
}

/** Statuses that `negativeTtl` is for. */
function isNegative(status: number): boolean {
  return status === 404 || status === 405 || status === 410 || status === 414 || status === 501
}

/** RFC 9111 4.2.1. Undefined when the response says nothing. */
function saidLifetime(directives: ResponseDirectives, times: Times, responseTime: number): number | undefined {
  const seconds = directives.sMaxAge ?? directives.maxAge
  if (seconds !== undefined) return seconds * 1000
  if (directives.targeted || times.expires === undefined) return undefined
  // Date as it came, ahead of us or not: its clock is that of Expires.
  return Math.max(0, times.expires - (times.latest ?? responseTime))
}

function initialAgeOf(age: number, date: number, requestTime: number, responseTime: number): number {
  // Date has whole seconds: the part that it cuts off is no age.
  const apparent = Math.floor(responseTime / 1000) * 1000 - date
  return Math.min(Math.max(0, apparent, age + Math.max(0, responseTime - requestTime)), longest)
}

interface Times {
  /** `-Infinity` when it is no date. */
  expires: number | undefined
  earliest: number | undefined
  latest: number | undefined
  lastModified: number | undefined
  age: number
}

function readTimes(fields: readonly string[], now: number): Times {
  const times: Times = { expires: undefined, earliest: undefined, latest: undefined, lastModified: undefined, age: 0 }
  let hasAge = false
  let hasLastModified = false
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    if (name.length === 3 && isField(name, 'age')) {
      times.age = hasAge ? longest : ageOf(value)
      hasAge = true
    } else if (name.length === 4 && isField(name, 'date')) {
      const date = parseHttpDate(value, now)
      if (date === undefined) continue
      times.earliest = Math.min(times.earliest ?? date, date)
      times.latest = Math.max(times.latest ?? date, date)
    } else if (name.length === 7 && isField(name, 'expires')) {
      times.expires = times.expires === undefined ? (parseHttpDate(value, now) ?? -Infinity) : -Infinity
    } else if (name.length === 13 && isField(name, 'last-modified')) {
      times.lastModified = hasLastModified ? undefined : parseHttpDate(value, now)
      hasLastModified = true
    }
  }
  return times
}

/**
 * RFC 9111 5.1: of a list the first member counts. That is for a list that its sender wrote: `0,7200`. Where a comma has space
 * behind it somebody joined two lines (RFC 9110 5.3), and two lines, like anything that is no number, leave the age unknown:
 * then the response is as old as can be, rather than new.
 */
function ageOf(value: string): number {
  const comma = value.indexOf(',')
  if (comma !== -1 && (value.includes(' ') || value.includes('\t'))) return longest
  const seconds = deltaSeconds(comma === -1 ? value : value.slice(0, comma))
  return seconds === -1 ? longest : seconds * 1000
}

const longest = maxSeconds * 1000
