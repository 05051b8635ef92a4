import type { Redis } from 'ioredis'
import type { Clock } from '../../contract/clock.ts'
import type { Circuit } from './circuit.ts'
import { changeKeys, type Keys } from './keys.ts'
import type { Link } from './link.ts'
import type { PurgeLog } from './purge-log.ts'
import { run, type Script } from './scripts.ts'

/** What the parts of one store share. */
export interface Shelf {
  readonly clock: Clock
  readonly link: Link
  readonly circuit: Circuit
  readonly purges: PurgeLog
  readonly prefix: string
  readonly maxEntryBytes: number
  /** Milliseconds that a look-up may take. */
  readonly timeout: number
  /** Keys of the generation that was last seen. Undefined before Redis was seen. */
  keys: Keys | undefined
  /** Bytes that wait to be confirmed, all writers together. */
  pending: number
  errors: number
  /** Of this generation, as last seen. */
  entries: number
  bytes: number
  /** Commands that nobody waits for and that `close` lets end. */
  readonly underWay: Set<Promise<unknown>>
  /** By URL: what makes an entry visible. Never rejects. A purge lets them end first, a look-up for a moment. */
  readonly commits: Map<string, Promise<unknown>>
}

/** Bytes that may wait for Redis, all writers together. Who comes with more fails. */
export const maxPending = 16 * 1024 * 1024

/** Counts a failure. What says that Redis itself is not well opens the circuit. */
export function failed(shelf: Shelf, error: unknown): void {
  shelf.errors++
  const reason = shelf.link.reasonOf(error)
  // About one key, or about writing alone: look-ups are well.
  if (/^(WRONGTYPE|OOM|READONLY|MISCONF|NOREPLICAS)/.test(reason)) return
  shelf.circuit.trip(reason)
}

/** Lets a command end by itself. */
export function letRun(shelf: Shelf, work: Promise<unknown>): void {
  shelf.underWay.add(work)
  work.catch((error: unknown) => failed(shelf, error)).finally(() => shelf.underWay.delete(work))
}

/** Runs one of the scripts that change entries of a URL, and takes note of what is there now. Gives its first two values. */
export async function change(
  shelf: Shelf,
  client: Redis,
  script: Script,
  keys: Keys,
  url: string,
  args: readonly (string | number)[],
): Promise<[kind: number, value: number, more: unknown]> {
  const { number, stream } = shelf.purges.keys
  const answer = (await run(client, script, [...changeKeys(keys, url), number, stream], args)) as [
    number,
    number,
    unknown,
    unknown,
  ]
  const [kind, value, more, bytes] = answer
  if (kind === 0 && keys.base === shelf.keys?.base) {
    shelf.entries = Number(more)
    shelf.bytes = Number(bytes)
  }
  return [kind, value, more]
}

/** Milliseconds that Redis keeps what is of use until then: at least 1, at most ten years. */
export function ttlUntil(shelf: Shelf, keepUntil: number): number {
  return Math.min(Math.max(Math.ceil(keepUntil - shelf.clock.wall()), 1), 10 * 365 * 86_400_000)
}
