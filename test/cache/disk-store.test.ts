import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDiskStore } from '../../src/cache/disk/disk-store.ts'
import { storeContract } from './store-contract.ts'

storeContract('disk', async (needs) => {
  const path = await mkdtemp(join(tmpdir(), 'sallyport-disk-'))
  const store = await openDiskStore({ ...needs, path })
  return {
    store,
    reopen: () => openDiskStore({ ...needs, path }),
    async dispose() {
      await store.close()
      await rm(path, { recursive: true })
    },
  }
})
