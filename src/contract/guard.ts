import type { Exchange } from './exchange.ts'

/**
 * A guard's no. A value, never thrown. The body for the client is made from `status` and `text`; `code` is stable and goes
 * to Proxy-Status, the body and the log; `detail` goes to the log alone.
 */
export interface Refusal {
  readonly code: string
  readonly status: number
  readonly text: string
  readonly detail?: string
  /** RFC 9209 section 2.3 error type. @default 'http_request_denied' */
  readonly proxyStatus?: string
  /** Fields for the answer, such as `['Retry-After', '1']`. */
  readonly fields?: readonly string[]
  /** `reply` answers; `close` answers and closes the connection; `drop` closes without a word. @default 'reply' */
  readonly manner?: 'reply' | 'close' | 'drop'
}

/** Asked before anything is sent upstream. Nothing returned means: pass. Knows nothing of Fastify or streams. */
export type Guard = (exchange: Exchange) => Refusal | undefined | Promise<Refusal | undefined>

/** Where a guard stands in `admit`; asked in this order. */
export const guardSlots = ['identify', 'protect', 'filter'] as const
export type GuardSlot = (typeof guardSlots)[number]
