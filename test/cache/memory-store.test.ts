import { createMemoryStore } from '../../src/cache/memory/memory-store.ts'
import { storeContract } from './store-contract.ts'

storeContract('memory', (needs) => {
  const store = createMemoryStore(needs)
  return { store, dispose: () => store.close() }
})
