import type { Upstream } from '../contract/pool.ts'

/** A part of a representation, RFC 9110 14.4: bytes `first` to `last`, both included, of `complete`. */
export interface Part {
  readonly first: number
  readonly last: number
  readonly complete: number
}

/** What binds a stored response. Bits of `Head.rules`. */
export const mustRevalidate = 1
/** Never used without a successful validation (`no-cache`). */
export const alwaysValidate = 2
/** Will not change while fresh (RFC 8246). */
export const immutable = 4

/**
 * All that is kept of a stored response but its content. Frozen, plain data: it goes through JSON unharmed. What is derived
 * from the fields is derived once, when it is stored. Times are wall-clock milliseconds, durations milliseconds.
 */
export interface Head {
  /** Target URI, normalised: what the store finds it by, and what a purge names. */
  readonly url: string
  /** What else the key has, length-prefixed (see key.ts). `''` when nothing. */
  readonly extra: string
  readonly status: number
  readonly message: string
  /** Flat, end-to-end only; without Age. */
  readonly fields: readonly string[]
  /** What Vary nominates: lower-case name, normalised value of the request, ... */
  readonly vary: readonly string[]
  /** ETag as it came, valid or not. */
  readonly etag: string | undefined
  /** Last-Modified as a time, when it is a date. */
  readonly lastModified: number | undefined
  /** When the response came in. */
  readonly storedAt: number
  /** When it was born: `storedAt` less the corrected initial age (RFC 9111 4.2.3). Age at `now` is `now - bornAt`. */
  readonly bornAt: number
  /** Freshness lifetime. Fresh while age is below it. */
  readonly lifetime: number
  /** Bits: `mustRevalidate` and those beside it. */
  readonly rules: number
  /** How long past its lifetime it may be used while it is validated (RFC 5861 3). */
  readonly staleWhileRevalidate: number
  /** How long past its lifetime it may stand in for an error (RFC 5861 4). */
  readonly staleIfError: number
  /** How long past its lifetime it may be used when the upstream cannot be reached. */
  readonly grace: number
  /** Time from which it is of no use, not even to be validated. Stores may drop it then. */
  readonly keepUntil: number
  /** Of Surrogate-Key and Cache-Tag. */
  readonly tags: readonly string[]
  /** For a partial response (206): which bytes the content has. */
  readonly part: Part | undefined
  /** Where it came from: what Location is rewritten by. */
  readonly upstream: StoredUpstream | undefined
}

/** What is kept of the upstream that made a response. */
export type StoredUpstream = Pick<Upstream, 'name' | 'protocol' | 'hostname' | 'port' | 'authority' | 'basePath'>
