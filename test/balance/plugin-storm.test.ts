import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import balance, { type LivePool } from '../../plugins/balance/index.ts'
import { startOrigin, startProxy } from '../support/app.ts'
import { seededRandom } from '../support/random.ts'
import { until } from '../support/until.ts'

/** Answers, fails, breaks off, stalls: as chance has it. */
function moody(random: () => number): RequestListener {
  return (request, response) => {
    request.resume()
    const mood = random()
    if (mood < 0.4) response.end('ok')
    else if (mood < 0.55) response.writeHead(503).end()
    else if (mood < 0.65) request.socket.destroy()
    else if (mood < 0.75) {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => request.socket.destroy())
    } else if (mood < 0.9) setTimeout(() => response.end('late'), 5 + random() * 20)
    else response.on('close', () => {})
  }
}

test('whatever origins and clients do, every place is given back', async (t) => {
  const random = seededRandom(11)
  const origins = await Promise.all([1, 2, 3].map(() => startOrigin(t, moody(random))))
  for (const { server } of origins) {
    server.on('upgrade', (_, socket) => {
      socket.on('error', () => {})
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')
      setTimeout(() => (random() < 0.5 ? socket.end() : socket.destroy()), random() * 20)
    })
  }
  const proxy = await startProxy(t, {
    setup: (app) =>
      app.register(balance, {
        pools: {
          api: {
            upstreams: origins.map(({ url }) => url),
            maxRequests: 4,
            queue: { size: 10, timeout: 50 },
            breaker: { failures: 3, open: 20 },
            outlier: { baseEjection: 50, interval: 100 },
            retry: { on: ['reset', '503'], perTryTimeout: 60, hedgeAfter: 15 },
          },
        },
      }),
    reverse: { pool: 'api', timeouts: { firstByte: 150, betweenBytes: 150, total: 250 } },
  })
  const pool = proxy.app.proxy.pools.get('api') as LivePool
  const counts = { picked: 0, ended: 0 }
  for (const event of ['picked', 'ended'] as const) pool.events.on(event, () => void counts[event]++)
  let open = 0

  for (let i = 0; i < 400; i++) {
    const socket = connect(proxy.port, '127.0.0.1')
    open++
    socket.on('error', () => {})
    socket.once('close', () => open--)
    socket.resume()
    const kind = random()
    if (kind < 0.6) socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    else if (kind < 0.8) socket.write('POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc')
    else if (kind < 0.9) socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc')
    else socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')
    setTimeout(() => socket.destroy(), random() < 0.3 ? random() * 30 : 600)
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await until(
    () => open === 0,
    () => `${open} clients left`,
    10_000,
  )

  await until(
    () => pool.active === 0 && counts.ended === counts.picked,
    () => JSON.stringify({ active: pool.active, ...counts }),
  )
  assert.ok(counts.picked > 100, String(counts.picked))
  assert.deepEqual(
    pool.list().map(({ active }) => active),
    [0, 0, 0],
  )
})
