import type { Dispatch, DispatchOptions } from './layer.ts'
import type { Pool } from './pool.ts'

/** Copies since the start, and those under way. */
export interface MirrorStats {
  /** Went out to the mirror's pool. */
  readonly sent: number
  /** Were to go and did not: too many under way, too much content, content that broke off. */
  readonly dropped: number
  /** Went out, and no whole answer came back in time. What the answer says is no matter. */
  readonly failed: number
  /** Under way now, those whose content is still coming counted. */
  readonly active: number
}

/** Sends copies of requests to another pool. Nobody waits for what comes back. */
export interface Mirror {
  readonly pool: Pool
  readonly stats: MirrorStats
  /** Decides whether this request is copied; asked before it goes out, for its content is watched from then on. Never throws. */
  begin(options: DispatchOptions, dispatch: Dispatch): MirrorCopy | undefined
  /** Ends what is under way; begins no more. */
  close(): void
}

/** A copy that is to be sent. Neither of its functions throws. */
export interface MirrorCopy {
  /** The request itself is on its way: the copy follows in a turn of its own, as soon as its content is whole. */
  follow(): void
  /** The request could not go. */
  drop(): void
}
