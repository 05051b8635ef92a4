import type { FastifyBaseLogger } from 'fastify'
import { createMemoryStore } from '../../src/cache/memory/memory-store.ts'
import type { PurgeBus } from '../../src/cache/purge-bus.ts'
import type { RedisStore } from '../../src/cache/redis/redis-store.ts'
import type { Store } from '../../src/cache/store.ts'
import { createTieredStore } from '../../src/cache/tiered-store.ts'
import type { Clock } from '../../src/contract/clock.ts'
import type { StoreSettings } from './options.ts'
import { openPurgeMark, type PurgeMark } from './purge-mark.ts'

export interface OpenStores {
  readonly store: Store
  readonly bus: PurgeBus | undefined
  close(): Promise<void>
}

/** Memory, and behind it what else is wanted. What is not used is not loaded. */
export async function openStores(settings: StoreSettings, clock: Clock, log: FastifyBaseLogger): Promise<OpenStores> {
  const memory = createMemoryStore({ ...settings.memory, clock })
  const disk = await openDisk(settings, clock, log)
  const tiers = disk === undefined ? [memory] : [memory, disk]
  if (settings.redis === undefined) {
    const store = disk === undefined ? memory : createTieredStore(tiers, { clock })
    return { store, bus: undefined, close: () => store.close() }
  }

  const mark = disk === undefined ? undefined : await openPurgeMark(`${settings.disk?.path}.last-purge`, clock)
  if (mark?.before === undefined) await disk?.purge({ all: true })
  let redis: RedisStore
  try {
    redis = await openRedis(settings.redis, mark, clock, log)
  } catch (error) {
    // Nobody else knows of the folder that is locked by now.
    await disk?.close()
    throw error
  }
  mark?.follow(() => redis.lastPurge)
  const store = createTieredStore([...tiers, redis], { clock, shared: [redis] })
  return {
    store,
    bus: redis,
    async close() {
      const { lastPurge } = redis
      await store.close()
      await mark?.close(lastPurge)
    },
  }
}

async function openDisk({ disk }: StoreSettings, clock: Clock, log: FastifyBaseLogger): Promise<Store | undefined> {
  if (disk === undefined) return undefined
  const { openDiskStore } = await import('../../src/cache/disk/disk-store.ts')
  return openDiskStore({
    ...disk,
    clock,
    log: ({ message, cause }) => log.warn(cause === undefined ? {} : { err: cause }, `sallyport: cache: ${message}`),
  })
}

async function openRedis(
  settings: NonNullable<StoreSettings['redis']>,
  mark: PurgeMark | undefined,
  clock: Clock,
  log: FastifyBaseLogger,
): Promise<RedisStore> {
  const { openRedisStore } = await import('../../src/cache/redis/redis-store.ts')
  return openRedisStore({
    ...settings,
    clock,
    purgesSince: mark?.before,
    log(event) {
      if (event.type === 'redis-lost') log.warn(`sallyport: cache: Redis is away, serving without it: ${event.reason}`)
      else log.info(`sallyport: cache: Redis is back after ${Math.round(event.after)} ms`)
    },
  })
}
