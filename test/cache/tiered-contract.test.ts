import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { openDiskStore } from '../../src/cache/disk/disk-store.ts'
import { createMemoryStore } from '../../src/cache/memory/memory-store.ts'
import { openRedisStore } from '../../src/cache/redis/redis-store.ts'
import type { Listed, Store } from '../../src/cache/store.ts'
import { createTieredStore } from '../../src/cache/tiered-store.ts'
import { needs } from '../support/programs.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { type StoreNeeds, storeContract } from './store-contract.ts'

let count = 0
let server: RedisServer | undefined

storeContract('memory over disk', async (needs) => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-tiers-'))
  const open = async (): Promise<Store> => over(needs, await openDiskStore({ ...needs, path: folder, log: () => {} }))
  const store = await open()
  return {
    store,
    reopen: open,
    bounded: false,
    async dispose() {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
})

if (needs('redis-server') === false) {
  before(async () => {
    server = await startRedis()
  })
  after(() => server?.stop())
  storeContract('memory over redis', async (needs) => {
    const prefix = `tiers${count++}:`
    const open = async (): Promise<Store> => {
      const redis = await openRedisStore({ ...needs, url: server?.url ?? '', prefix, log: () => {} })
      await until(() => redis.connected, 'a connection')
      return over(needs, redis)
    }
    const store = await open()
    return { store, reopen: open, bounded: false, dispose: () => store.close() }
  })
}

/** Listed under one name, as the contract has it; else each entry bears the name of its tier. */
function over(needs: StoreNeeds, lower: Store): Store {
  const tiered = createTieredStore([createMemoryStore(needs), lower], { clock: needs.clock })
  async function* list(): AsyncGenerator<Listed> {
    for await (const one of tiered.list()) yield { ...one, store: 'tiered' }
  }
  return { ...tiered, list }
}
