import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PoolOptions } from '../../src/balance/pool-options.ts'
import { poolOptionKeys, readPool } from '../../src/balance/pool-options.ts'
import { OptionError } from '../../src/contract/options.ts'
import { readInterfaces } from '../docs/interfaces.ts'
import { poolBed } from './pool-bed.ts'

const upstreams = ['http://a', 'http://b']

/** Wrong options, the path that the error names, and a word of what is right. */
const wrong: readonly [options: object, option: string, right: RegExp][] = [
  [{}, 'pool.upstreams', /list of URLs, or 'discover'/],
  [{ upstreams: [] }, 'pool.upstreams', /at least one/],
  [{ upstreams: 'http://a' }, 'pool.upstreams', /list/],
  [{ upstream: upstreams }, 'pool.upstream', /'upstreams'/],
  [{ upstreams: ['localhost:1'] }, 'pool.upstreams[0].url', /http or https/],
  [{ upstreams: ['http://a', 'http://a/'] }, 'pool.upstreams[1].url', /already/],
  [{ upstreams: ['http://a:443', 'https://a'] }, 'pool.upstreams[1].url', /already/],
  [{ upstreams: [{ url: 'http://a', weight: 0 }] }, 'pool.upstreams[0].weight', /above 0/],
  [{ upstreams: ['http://a', { url: 'http://b', weight: -1 }] }, 'pool.upstreams[1].weight', /above 0/],
  [{ upstreams: [{ url: 'http://a', weigth: 2 }] }, 'pool.upstreams[0].weigth', /'weight'/],
  [{ upstreams: [{ url: 'https://a', tls: { cert: 'x' } }] }, 'pool.upstreams[0].tls.key', /both/],
  [{ upstreams, discover: { dsn: 'a' } }, 'pool.discover.dsn', /'dns'/],
  [{ upstreams, policy: 'round-robbin' }, 'pool.policy', /'round-robin'/],
  [{ upstreams, policy: 'magic' }, 'pool.policy', /one of 'peak-ewma'/],
  [{ upstreams, policy: 3 }, 'pool.policy', /one of/],
  [{ upstreams, policy: 'maglev', hashKey: 'cookie' }, 'pool.hashKey', /'client'/],
  [{ upstreams, policy: 'maglev', boundedLoad: 0.5 }, 'pool.boundedLoad', /from 1/],
  [{ upstreams, boundedLoad: 1.5 }, 'pool.boundedLoad', /'peak-ewma' hashes nothing.*'maglev'/],
  [{ upstreams, hashKey: 'path', policy: 'random' }, 'pool.hashKey', /'random' hashes nothing.*'maglev'/],
  [{ upstreams, sticky: true }, 'pool.sticky', /secret/],
  [{ upstreams, health: { interval: 'soon' } }, 'pool.health.interval', /./],
  [{ upstreams: ['http+unix:/a'], health: { port: 81 } }, 'pool.health.port', /Unix socket/],
  [{ upstreams, outlier: { interval: -1 } }, 'pool.outlier.interval', /./],
  [{ upstreams, breaker: { failures: 0 } }, 'pool.breaker.failures', /at least 1/],
  [{ upstreams, slowStart: { window: '30' } }, 'pool.slowStart.window', /'30s'/],
  [{ upstreams, retry: { attempts: 99 } }, 'pool.retry.attempts', /at most/],
  [{ upstreams, queue: { size: 0 } }, 'pool.queue.size', /at least 1/],
  [{ upstreams, queue: { timeout: 0 } }, 'pool.queue.timeout', /for ever/],
  [{ upstreams, queue: 5 }, 'pool.queue', /object/],
  [{ upstreams, panicThreshold: 101 }, 'pool.panicThreshold', /0 to 100/],
  [{ upstreams, overprovisioning: 0.9 }, 'pool.overprovisioning', /1 to/],
  [{ upstreams, localities: ['eu'] }, 'pool.localities', /object/],
  [{ upstreams, localities: { eu: -1 } }, 'pool.localities.eu', /0 to/],
  [{ upstreams, maxRequests: 0 }, 'pool.maxRequests', /at least 1/],
  [{ upstreams, maxConnections: 1.5 }, 'pool.maxConnections', /whole number/],
  [{ upstreams, http2: 'yes' }, 'pool.http2', /true or false/],
  [{ upstreams, tls: { rejectUnautorized: false } }, 'pool.tls.rejectUnautorized', /'rejectUnauthorized'/],
  [{ upstreams, tls: { cert: 'no', key: 'PEM' } }, 'pool.tls', /PEM/],
  [{ upstreams, tls: { cert: 5, key: 'PEM' } }, 'pool.tls.cert', /PEM/],
  [{ upstreams, tls: { servername: '' } }, 'pool.tls.servername', /text/],
]

describe('a wrong option is an error that names its path and says what is right', () => {
  for (const [options, option, right] of wrong) {
    test(JSON.stringify(options), () => {
      assert.throws(
        () => poolBed(options as PoolOptions),
        (error) => {
          assert.ok(error instanceof OptionError, String(error))
          assert.equal(error.option, option)
          assert.match(error.message, right)
          return true
        },
      )
    })
  }
})

test('every option of a pool is known, and stands in the table of wrong ones', () => {
  const declared = readInterfaces('src/balance/pool-options.ts').find(({ name }) => name === 'PoolOptions')
  const names = declared?.fields.map(({ name }) => name) ?? []

  assert.deepEqual([...poolOptionKeys].sort(), names.sort())
  for (const name of names) {
    assert.ok(
      wrong.some(([, option]) => option.split(/[.[]/)[1] === name),
      `${name} is not in the table`,
    )
  }
})

test('without options a pool has peak EWMA, outlier ejection, slow start, and no checks, breaker or queue', () => {
  const settings = readPool('pool', { upstreams })

  const { policy, health, breaker, queue, sticky, panicThreshold, overprovisioning, maxConnections } = settings
  assert.deepEqual(
    { policy, health, breaker, queue, sticky, panicThreshold, overprovisioning, maxConnections },
    {
      policy: 'peak-ewma',
      health: undefined,
      breaker: undefined,
      queue: undefined,
      sticky: undefined,
      panicThreshold: 50,
      overprovisioning: 1.4,
      maxConnections: 4096,
    },
  )
  assert.equal(settings.slowStart?.window, 30_000)
  assert.ok(settings.outlier !== undefined)
  assert.ok(Object.isFrozen(settings))
})

test('what upstreams say of themselves goes before what the pool says', () => {
  const { pool } = poolBed({
    upstreams: ['https://a', { url: 'https://b', http2: false, maxConnections: 2, maxRequests: 1, weight: 3 }],
    http2: true,
    maxConnections: 9,
    maxRequests: 5,
    tls: { servername: 'x.test' },
  })

  const [a, b] = pool.upstreams
  assert.deepEqual([a?.http2, a?.maxConnections, a?.tls?.servername], [true, 9, 'x.test'])
  assert.deepEqual([b?.http2, b?.maxConnections], [false, 2])
  assert.deepEqual(
    pool.list().map(({ weight }) => weight),
    [1, 3],
  )
})
