import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { RedisStore } from '../../src/cache/redis/redis-store.ts'
import { needs } from '../support/programs.ts'
import { until } from '../support/until.ts'
import { liveTimes, machineFor, redisFor } from './redis-bed.ts'
import { bytesOf, contentOf, foundOne, headOf, put } from './store-bed.ts'

const skip = needs('redis-server')
const url = 'http://a.test/page'
/** Milliseconds of a look-up at most: 50, and what a busy machine adds. */
const atMost = 50 + 100
const head = (at = url) => headOf(at, liveTimes())

test('a store opens while Redis is not there, finds nothing in the same turn, and is used when it comes', {
  skip,
}, async (t) => {
  const server = await redisFor(t)
  await server.kill()
  const { store, events } = await machineFor(t, server.url, {}, false)

  assert.deepEqual(store.find(url), [])
  assert.equal(store.create(head(), 1), undefined)
  await until(() => events.length > 0, 'a line in the log')
  assert.equal(events[0]?.type, 'redis-lost')

  await server.restart()
  await until(() => store.connected, 'a connection', 10_000)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['redis-lost', 'redis-back'],
  )
  await put(store, head(), 'content')
  await foundOne(store, url)
})

test('killed and restarted in the middle of load: no call fails or takes long, and it comes back', {
  skip,
}, async (t) => {
  const server = await redisFor(t)
  const { store, events } = await machineFor(t, server.url)
  const load = startLoad(store)

  await until(() => load.found > 100, 'load')
  for (let round = 1; round <= 2; round++) {
    await server.kill()
    await until(() => !store.connected, 'that it is gone')
    await server.restart()
    await until(() => store.connected, 'that it is back', 10_000)
    const { found } = load
    await until(() => load.found > found + 100, 'that entries are found again')
  }

  const { calls, late, longest } = await load.stop()
  t.diagnostic(`${calls} calls, the longest took ${longest.toFixed(1)} ms`)
  assert.equal(late, 0)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['redis-lost', 'redis-back', 'redis-lost', 'redis-back'],
  )
})

test('a server that hangs costs one look-up 50 ms, then none anything, and it comes back', { skip }, async (t) => {
  const server = await redisFor(t)
  t.after(() => server.goOn())
  const { store, events } = await machineFor(t, server.url)
  await put(store, head(), 'content')
  await foundOne(store, url)
  server.hang()

  const begin = performance.now()
  assert.deepEqual(await store.find(url), [])
  const took = performance.now() - begin
  assert.ok(took >= 45 && took < atMost, `${took} ms`)
  assert.equal(store.connected, false)
  assert.deepEqual(store.find(url), [])
  assert.equal(events[0]?.type, 'redis-lost')
  const load = startLoad(store)
  // Some probes go by meanwhile, which hang as well.
  await new Promise((resolve) => setTimeout(resolve, 2500))
  assert.equal(events.length, 1)

  server.goOn()
  await until(() => store.connected, 'that it is back', 10_000)
  const { calls, late, longest } = await load.stop()
  t.diagnostic(`${calls} calls, the longest took ${longest.toFixed(1)} ms`)
  assert.equal(late, 0)
  assert.equal((await contentOf(await foundOne(store, url))).toString(), 'content')
})

test('a server that hangs in the middle of a content breaks it off, and one who writes is not held', {
  skip,
}, async (t) => {
  const server = await redisFor(t)
  t.after(() => server.goOn())
  const { store } = await machineFor(t, server.url)
  await put(store, head(), bytesOf(4 << 20))
  const entry = await foundOne(store, url)
  const writer = store.create(head(`${url}/2`), undefined)
  assert.ok(writer)
  server.hang()

  for (let megabytes = 0; !writer.failed; megabytes++) {
    assert.ok(megabytes < 20, 'more waits than may')
    writer.write(Buffer.alloc(1 << 20))
  }
  const begin = performance.now()
  await assert.rejects(contentOf(entry))
  assert.ok(performance.now() - begin < atMost, `${performance.now() - begin} ms`)
})

test('a purge while Redis is away is made up for before it is used again', { skip }, async (t) => {
  const server = await redisFor(t)
  t.after(() => server.goOn())
  const { store } = await machineFor(t, server.url)
  const other = await machineFor(t, server.url)
  await put(store, head(), 'old')
  await put(store, head(`${url}/kept`), 'kept')
  const entry = await foundOne(store, `${url}/kept`)
  await put(store, head(`${url}/removed`), 'removed')
  const removed = await foundOne(store, `${url}/removed`)
  const heard: unknown[] = []
  other.store.onPurge((message) => void heard.push(message))
  server.hang()
  await store.find(url)
  assert.equal(store.connected, false)

  assert.equal(await store.purge({ url }), 0)
  store.remove(removed)

  server.goOn()
  await until(() => store.connected && other.store.connected, 'that it is back', 10_000)
  assert.deepEqual(await store.find(url), [])
  assert.deepEqual(await store.find(`${url}/removed`), [])
  assert.equal((await contentOf(entry)).toString(), 'kept')
  await until(() => heard.length > 0, 'the purge')
  assert.deepEqual(heard, [{ target: { url }, soft: false }])
})

test('a wrong password: nothing is found, and it is told nowhere', { skip }, async (t) => {
  const server = await redisFor(t, ['requirepass right'])
  const wrong = `redis://user:s3cret%25@127.0.0.1:${server.port}`
  const { store, events } = await machineFor(t, wrong, {}, false)

  await until(() => events.length > 0, 'a line in the log')
  assert.deepEqual(store.find(url), [])
  assert.equal(await store.purge({ url }), 0)
  assert.match(JSON.stringify(events), /WRONGPASS/)
  assert.doesNotMatch(JSON.stringify(events), /s3cret/)

  const right = await machineFor(t, `redis://:right@127.0.0.1:${server.port}/3`)
  await put(right.store, head(), 'content')
  await foundOne(right.store, url)
})

test('a server that repeats the password in its error is not repeated', { skip }, async (t) => {
  const port = await tcpServer(t, (socket) => {
    socket.on('data', (data) =>
      socket.write(`-ERR unknown command, with args: ${data.toString().replace(/\r\n/g, ' ')}\r\n`),
    )
  })
  const { events } = await machineFor(t, `redis://:s3cret@127.0.0.1:${port}`, {}, false)

  await until(() => events.length > 0, 'a line in the log')
  assert.match(JSON.stringify(events), /hidden/)
  assert.doesNotMatch(JSON.stringify(events), /s3cret/)
})

test('connections that are reset under load disturb nobody', { skip }, async (t) => {
  const server = await redisFor(t)
  const through = new Set<Socket>()
  const port = await tcpServer(t, (client) => {
    const upstream = connect(server.port, '127.0.0.1')
    client.pipe(upstream).pipe(client)
    upstream.on('error', () => client.destroy())
    client.on('close', () => upstream.destroy())
    through.add(client)
  })
  const { store } = await machineFor(t, `redis://127.0.0.1:${port}`)
  const load = startLoad(store)

  for (let round = 0; round < 3; round++) {
    const { found } = load
    await until(() => load.found > found + 50, 'load', 10_000)
    for (const socket of through) socket.resetAndDestroy()
    through.clear()
    await until(() => store.connected, 'that it is back', 10_000)
  }

  const { calls, late, longest } = await load.stop()
  t.diagnostic(`${calls} calls, the longest took ${longest.toFixed(1)} ms`)
  assert.equal(late, 0)
})

test('when Redis has no memory left writing fails and look-ups go on', { skip }, async (t) => {
  const server = await redisFor(t, ['maxmemory-policy noeviction'])
  const { store } = await machineFor(t, server.url)
  await put(store, head(), 'content')
  await foundOne(store, url)
  const { Redis } = await import('ioredis')
  const client = new Redis(server.url)
  t.after(() => client.disconnect())
  await client.config('SET', 'maxmemory', '1mb')

  const writer = store.create(head(`${url}/2`), undefined)
  writer?.write(bytesOf(600_000))
  await until(() => writer?.failed === true, 'that the writer has failed')

  assert.equal(store.connected, true)
  await foundOne(store, url)
  assert.ok(store.stats().errors > 0)
})

interface Load {
  readonly found: number
  /** `late`: how many took longer than 60 ms; what this process itself was busy does not count. */
  stop(): Promise<{ readonly calls: number; readonly late: number; readonly longest: number }>
}

/** Finds, reads and stores all the time, and takes the time of each look-up. A call that throws or rejects fails the test. */
function startLoad(store: RedisStore): Load {
  let [found, calls, late, longest] = [0, 0, 0, 0]
  let going = true

  async function one(worker: number): Promise<void> {
    for (let i = 0; going; i++) {
      const at = `${url}/${worker}/${i % 20}`
      const begin = performance.now()
      // A timer of our own waits for a busy process just as the store's does, and then for what lies in the sockets.
      let open = true
      setTimeout(
        () =>
          setImmediate(() =>
            setImmediate(() => {
              if (open) late++
            }),
          ),
        60,
      )
      const entries = await store.find(at)
      open = false
      longest = Math.max(longest, performance.now() - begin)
      calls++
      if (entries[0] !== undefined) {
        const content = await contentOf(entries[0]).catch(() => undefined)
        if (content === undefined) continue
        assert.ok(content.equals(bytesOf(20_000, i % 20)))
        found++
      } else {
        const start = performance.now()
        const writer = store.create(head(at), 20_000)
        longest = Math.max(longest, performance.now() - start)
        writer?.write(bytesOf(20_000, i % 20))
        writer?.commit()
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  const workers = Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(one))
  return {
    get found() {
      return found
    },
    async stop() {
      going = false
      await workers
      return { calls, late, longest }
    },
  }
}

async function tcpServer(t: TestContext, onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    onSocket(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as { readonly port: number }).port
}
