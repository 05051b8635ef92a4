import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import cache, { type CacheOptions } from '../../plugins/cache/index.ts'
import { serverOptions } from '../../plugins/kernel/index.ts'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { OptionError } from '../../src/contract/options.ts'

const redis = 'redis://127.0.0.1:1'

/** Of a route, and of the plugin: the option that is wrong, and what the message says is right. */
const wrong: readonly (readonly [given: object, option: string, right: RegExp])[] = [
  [{ tll: '1m' }, 'tll', /Did you mean 'ttl'/],
  ...['ttl', 'defaultTtl', 'negativeTtl', 'staleWhileRevalidate', 'staleIfError', 'grace', 'keep', 'collapse'].flatMap(
    (option) =>
      [-1, Number.NaN, true, null, 'soon', {}].map((value) => [{ [option]: value }, option, /'500ms', '30s'/] as const),
  ),
  [{ heuristic: true }, 'heuristic', /give an object with some of: share, max/],
  [{ heuristic: { shar: 1 } }, 'heuristic.shar', /Did you mean 'share'/],
  [{ heuristic: { share: 2 } }, 'heuristic.share', /from 0 to 1/],
  [{ heuristic: { max: 'long' } }, 'heuristic.max', /'500ms', '30s'/],
  [{ key: null }, 'key', /give an object with some of: query/],
  [{ key: { by: 'ip' } }, 'key.by', /give a function/],
  [{ storeSetCookie: 'yes' }, 'storeSetCookie', /true or false/],
  [{ statusField: 1 }, 'statusField', /true or false/],
  [{ targets: 'cdn-cache-control' }, 'targets', /give a list of field names/],
  [{ targets: ['a b'] }, 'targets', /give a list of field names/],
  [{ surrogate: true }, 'surrogate', /give a device token/],
  [{ maxEntryBytes: 'big' }, 'maxEntryBytes', /'64KiB', '10MiB'/],
  [{ maxEntryBytes: -1 }, 'maxEntryBytes', /'64KiB', '10MiB'/],
  [{ requestDirectives: 'off' }, 'requestDirectives', /'obey', 'ignore'/],
  [{ bypass: () => true }, 'bypass', /give an object with some of: fields, cookies, when/],
  [{ bypass: { cookie: [] } }, 'bypass.cookie', /Did you mean 'cookies'/],
  [{ bypass: { fields: 'X-Preview' } }, 'bypass.fields', /give a list of names/],
  [{ bypass: { cookies: ['a b'] } }, 'bypass.cookies', /give a list of names/],
  [{ bypass: { when: true } }, 'bypass.when', /give a function/],
]

/** Of the plugin alone. */
const wrongStores: typeof wrong = [
  [{ memory: '128MiB' }, 'memory', /maxBytes, maxEntryBytes/],
  [{ memory: { maxBytes: 0 } }, 'memory.maxBytes', /above 0/],
  [{ memory: { maxBytes: Number.POSITIVE_INFINITY } }, 'memory.maxBytes', /give bytes/],
  [{ memory: { maxEntryBytes: 'big' } }, 'memory.maxEntryBytes', /give bytes/],
  [{ disk: '/var/cache' }, 'disk', /path, maxBytes, maxEntryBytes/],
  [{ disk: {} }, 'disk.path', /give a folder/],
  [{ disk: { path: '/tmp/x', maxBytes: 0 } }, 'disk.maxBytes', /above 0/],
  [{ redis }, 'redis', /url, prefix/],
  [{ redis: {} }, 'redis.url', /is missing: give a URL/],
  [{ redis: { url: 'http://me:secret@host' } }, 'redis.url', /is "\(hidden\)": give a URL/],
  [{ redis: { url: redis, prefix: 5 } }, 'redis.prefix', /every key begins with/],
  [{ redis: { url: redis, prefix: '' } }, 'redis.prefix', /every key begins with/],
  [{ redis: { url: redis, timeout: 0 } }, 'redis.timeout', /more than 0/],
  [{ redis: { url: redis, maxEntryBytes: 'big' } }, 'redis.maxEntryBytes', /give bytes/],
]

for (const [given, option, right] of [...wrong, ...wrongStores]) {
  test(`the plugin is refused ${shown(given)}, by the name of the option`, async (t) => {
    const app = start(t)
    await assert.rejects(async () => app.register(cache, given as CacheOptions), isAbout(option, right))
  })
}

for (const [given, option, right] of wrong) {
  test(`a route is refused ${shown(given)} at boot, by the name of the option`, async (t) => {
    const app = start(t)
    await app.register(cache)
    await app.register(reverseProxy)
    assert.throws(() => route(app, given), isAbout(`cache.${option}`, right))
  })
}

for (const given of [5, 'yes', null]) {
  test(`cache: ${JSON.stringify(given)} of a route is refused`, async (t) => {
    const app = start(t)
    await app.register(cache)
    await app.register(reverseProxy)
    assert.throws(() => route(app, given), isAbout('cache', /give true, false or an object/))
  })
}

function start(t: { after(fn: () => unknown): void }): FastifyInstance {
  const app = Fastify(serverOptions()) as unknown as FastifyInstance
  t.after(() => app.close().catch(() => {}))
  return app
}

function route(app: FastifyInstance, given: unknown): void {
  app.get('/', { config: { proxy: { upstream: 'http://127.0.0.1:1', cache: given } as object } }, app.proxy.handler)
}

function isAbout(option: string, right: RegExp) {
  return (error: Error): boolean => {
    assert.ok(error instanceof OptionError, String(error))
    assert.equal(error.option, option)
    assert.match(error.message, right)
    assert.doesNotMatch(error.message, /secret/)
    return true
  }
}

function shown(given: object): string {
  return JSON.stringify(given, (_, value) =>
    typeof value === 'function' || (typeof value === 'number' && !Number.isFinite(value)) ? String(value) : value,
  )
}
