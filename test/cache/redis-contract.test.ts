import { after, before, test } from 'node:test'
import { openRedisStore } from '../../src/cache/redis/redis-store.ts'
import { needs } from '../support/programs.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { storeContract } from './store-contract.ts'

const skip = needs('redis-server')
let server: RedisServer
let count = 0

if (skip === false) {
  before(async () => {
    server = await startRedis()
  })
  after(() => server.stop())
  storeContract('redis', async ({ maxEntryBytes, clock }) => {
    const prefix = `test${count++}:`
    const open = async () => {
      const store = await openRedisStore({ url: server.url, prefix, maxEntryBytes, clock, log: () => {} })
      await until(() => store.connected, 'a connection')
      return store
    }
    const store = await open()
    return { store, reopen: open, bounded: false, dispose: () => store.close() }
  })
} else {
  test('redis keeps the contract of stores', { skip }, () => {})
}
