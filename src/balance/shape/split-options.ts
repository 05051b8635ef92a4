import type { HashKey } from '../hash-key.ts'

/** A pool and its part of the traffic. */
export interface SplitShare {
  /** Name of the pool. */
  readonly pool: string
  /** Its part, in proportion to the others'. 0: no traffic but what a rule sends. */
  readonly weight: number
}

/** What a rule looks for: a request field or a cookie, with this value or, without one, with any. */
export type SplitMatch =
  | {
      /** Name of a request field; its first line counts. */
      readonly field: string
      /** The whole value as text, or a pattern. @default any */
      readonly value?: string | RegExp
    }
  | {
      /** Name of a cookie; the first of that name counts. */
      readonly cookie: string
      /** The whole value as text, or a pattern. @default any */
      readonly value?: string | RegExp
    }

/** Sends what matches to one pool, whatever the weights say. Danger: fields and cookies are what the client says. */
export interface SplitRule {
  readonly pool: string
  readonly when: SplitMatch
}

/** Divides traffic between pools: a canary by weight, by field or by cookie. */
export interface SplitOptions {
  /** By weight. At least one is above 0. */
  readonly pools: readonly SplitShare[]
  /** Asked before the weights, in this order; the first that matches decides. @default none */
  readonly rules?: readonly SplitRule[]
  /**
   * Keeps those of one key on one side. When weights change, only as much moves as the change asks for (of two pools).
   * Without it, and for an exchange without the key, each exchange is drawn by chance.
   * @default none
   */
  readonly by?: HashKey
}
