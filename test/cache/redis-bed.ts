import type { TestContext } from 'node:test'
import type { RedisEvent } from '../../src/cache/redis/circuit.ts'
import { openRedisStore, type RedisStore, type RedisStoreOptions } from '../../src/cache/redis/redis-store.ts'
import { systemClock } from '../../src/contract/clock.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

export interface OpenedStore {
  readonly store: RedisStore
  readonly events: RedisEvent[]
}

/** A server that ends with the test. */
export async function redisFor(test: TestContext, settings: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedis(settings)
  test.after(() => server.stop())
  return server
}

/** A store as one more machine would have it; closed with the test. Waits until it is in use, unless told not to. */
export async function machineFor(
  test: TestContext,
  url: string,
  options: Partial<RedisStoreOptions> = {},
  wait = true,
): Promise<OpenedStore> {
  const events: RedisEvent[] = []
  const log = (event: RedisEvent): void => void events.push(event)
  const store = await openRedisStore({ url, maxEntryBytes: 8 << 20, clock: systemClock, log, ...options })
  test.after(() => store.close())
  if (wait) await until(() => store.connected, 'a connection')
  return { store, events }
}

/** Of a live clock: stored now, kept for an hour. */
export function liveTimes(): { storedAt: number; bornAt: number; keepUntil: number } {
  const now = Date.now()
  return { storedAt: now, bornAt: now, keepUntil: now + 3_600_000 }
}
