import type { Clock } from '../contract/clock.ts'
import type { Dispatch } from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import type { Connect } from './health/tcp-check.ts'
import type { MakeUpstream } from './membership.ts'

/** What a pool needs of the world. */
export interface PoolTools {
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
  readonly createUpstream: MakeUpstream
  /** Nothing more goes to it: its connections may close; with an error they end now. */
  readonly forget: (upstream: Upstream, error?: Error) => void
  /** The transport, without layers, for health checks. */
  readonly dispatch: Dispatch
  readonly connect: Connect
}
