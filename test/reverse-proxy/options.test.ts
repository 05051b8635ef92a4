import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import Fastify from 'fastify'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { readInterfaces } from '../docs/interfaces.ts'
import { refusedAtBoot } from '../support/refused-at-boot.ts'

const upstream = 'http://127.0.0.1:1'

/** Wrong options, the option that the error names, and a word of what is right. */
const wrong: readonly [options: object, option: string, right: RegExp][] = [
  [{ upstreams: upstream }, 'upstreams', /'upstream'/],
  [{ upstream: 'localhost:3000' }, 'upstream', /http or https/],
  [{ upstream: 'ftp://a' }, 'upstream', /http or https/],
  [{ upstream: 'http://user:secret@a' }, 'upstream', /credentials/],
  [{ upstream: 'http://a?x' }, 'upstream', /query/],
  [{ upstream: 3000 }, 'upstream', /URL/],
  [{ upstream: [] }, 'upstream', /at least one/],
  [{ upstream: [upstream, upstream] }, 'upstream[1]', /twice/],
  [{ upstream, pool: 'a' }, 'upstream', /one of them/],
  [{ pool: 'a' }, 'pool', /no pool/],
  [{ upstream: [upstream], weights: [1, 2] }, 'weights', /1 upstreams/],
  [{ upstream: [upstream], weights: [0] }, 'weights[0]', /above 0/],
  [{ pool: 7 }, 'pool', /object/],
  [{ pool: { upstreams: [upstream, 'a'] } }, 'pool.upstreams[1].url', /http or https/],
  [{ split: { pools: [] } }, 'split.pools', /./],
  [{ upstream, mirror: { pool: 'a', share: 2 } }, 'mirror.share', /./],
  [{ upstream, retry: { attempts: -1 } }, 'retry.attempts', /at least 0/],
  [{ upstream, cache: { ttl: '1m' } }, 'config.proxy.cache', /no registered plugin/],
  [{ upstream, prefix: 'api' }, 'prefix', /\/api/],
  [{ upstream, prefix: 7 }, 'prefix', /\/api/],
  [{ upstream, rewritePrefix: 7 }, 'rewritePrefix', /path/],
  [{ upstream, prefix: '/a', rewritePrefix: '/b?c' }, 'rewritePrefix', /path/],
  [{ upstream, httpMethods: ['BREW'] }, 'httpMethods', /GET/],
  [{ upstream, httpMethods: 'GET' }, 'httpMethods', /list/],
  [{ upstream, constraints: 'a.test' }, 'constraints', /object/],
  [{ upstream, config: 'x' }, 'config', /object/],
  [{ upstream, host: 'a.test' }, 'host', /'preserve', 'upstream'/],
  [{ upstream, host: { set: 'a b' } }, 'host.set', /app\.test/],
  [{ upstream, forwarded: true }, 'forwarded', /x, standard/],
  [{ upstream, forwarded: { y: true } }, 'forwarded.y', /x/],
  [{ upstream, forwarded: { x: 'yes' } }, 'forwarded.x', /true or false/],
  [{ upstream, via: 'me' }, 'via', /true or false/],
  [{ upstream, requestFields: { sett: {} } }, 'requestFields.sett', /'set'/],
  [{ upstream, requestFields: { set: { 'bad name': 'x' } } }, 'requestFields.set.bad name', /token/],
  [{ upstream, requestFields: { set: { a: '{nope}' } } }, 'requestFields.set.a', /fact/],
  [{ upstream, requestFields: { set: { host: 'x' } } }, 'requestFields.set.host', /'host'/],
  [{ upstream, responseFields: { set: { 'Content-Length': '1' } } }, 'responseFields.set.Content-Length', /frames/],
  [{ upstream, underscores: 'keep' }, 'underscores', /'drop'/],
  [{ upstream, rewriteLocation: 'yes' }, 'rewriteLocation', /true or false/],
  [{ upstream, rewriteCookies: { domains: {} } }, 'rewriteCookies.domains', /'domain'/],
  [{ upstream, paths: { dots: 'pass' } }, 'paths.dots', /dotSegments/],
  [{ upstream, paths: { nul: 'allow' } }, 'paths.nul', /'refuse'/],
  [{ upstream, timeouts: { header: 5 } }, 'timeouts.header', /connect/],
  [{ upstream, timeouts: { connect: '5 seconds' } }, 'timeouts.connect', /'30s'/],
  [{ upstream, timeouts: { firstByte: -1 } }, 'timeouts.firstByte', /'30s'/],
  [{ upstream, timeouts: { betweenBytes: Number.NaN } }, 'timeouts.betweenBytes', /'30s'/],
  [{ upstream, timeouts: { total: true } }, 'timeouts.total', /'30s'/],
  [{ upstream, timeouts: 5000 }, 'timeouts', /object/],
  [{ upstream, minUploadRate: { bytesPerSecond: 0 } }, 'minUploadRate.bytesPerSecond', /at least 1/],
  [{ upstream, minUploadRate: { grace: 'soon' } }, 'minUploadRate.grace', /'30s'/],
  [{ upstream, minUploadRate: 500 }, 'minUploadRate', /object/],
  [{ upstream, bodyLimit: '10 MB' }, 'bodyLimit', /'10MiB'/],
  [{ upstream, maxInterim: 1.5 }, 'maxInterim', /whole number/],
  [{ upstream, upgrade: 'websocket' }, 'upgrade', /idleTimeout/],
  [{ upstream, upgrade: { idle: 1 } }, 'upgrade.idle', /idleTimeout/],
  [{ upstream, upgrade: { idleTimeout: 'never' } }, 'upgrade.idleTimeout', /'30s'/],
  [{ upstream, upgrade: { maxLifetime: [] } }, 'upgrade.maxLifetime', /'30s'/],
  [{ upstream, trace: 'on' }, 'trace', /true or false/],
  [{ upstream, http2: 'h2' }, 'http2', /true or false/],
  [{ upstream, tls: { verify: false } }, 'tls.verify', /rejectUnauthorized/],
  [{ upstream, tls: { rejectUnauthorized: 'no' } }, 'tls.rejectUnauthorized', /true or false/],
  [{ upstream, tls: { cert: 'x' } }, 'tls.key', /both/],
]

describe('a wrong option is an error at boot that names it, what was given and what is right', () => {
  for (const [options, option, right] of wrong) {
    test(JSON.stringify(options), async () => {
      await refusedAtBoot(reverseProxy, options, option, right)
    })
  }
})

test('every option is in the table of wrong ones, and is used by a test of its effect', () => {
  const here = import.meta.dirname
  const tests = readdirSync(here)
    .filter((name) => name.endsWith('.test.ts') && name !== 'options.test.ts')
    .map((name) => readFileSync(join(here, name), 'utf8'))
    .join('\n')
  const fields = readInterfaces('plugins/reverse-proxy/options.ts')
    .filter(({ name }) => /^(ProxyRoute|ReverseProxy|ReplyProxy|Timeout|UploadRate|Upgrade)Options$/.test(name))
    .flatMap(({ name, fields }) => fields.map((field) => ({ name: field.name, of: name })))
  assert.ok(fields.length > 30, `${fields.length} options`)

  for (const { name, of } of fields) {
    assert.match(tests, new RegExp(`\\b${name}\\b`), `no test uses ${name}`)
    // The one is looked at with each call, the other by Fastify.
    if (of === 'ReplyProxyOptions' || name === 'preHandler') continue
    const named = wrong.some(([options, option]) => name in options || option.endsWith(`.${name}`))
    const inner = wrong.some(([options]) =>
      Object.values(options).some((value) => typeof value === 'object' && name in value),
    )
    assert.ok(named || inner, `${name} is not in the table`)
  }
})

test('the list of keys is the interface', async () => {
  const { routeOptionKeys } = await import('../../plugins/reverse-proxy/route-plan.ts')
  const declared = readInterfaces('plugins/reverse-proxy/options.ts').find(({ name }) => name === 'ProxyRouteOptions')

  assert.deepEqual([...routeOptionKeys].sort(), declared?.fields.map(({ name }) => name).sort())
})

test('options are read once: what is changed after registration has no effect', async () => {
  const options: { upstream: string; timeouts: { total: string } } = { upstream, timeouts: { total: '1s' } }
  const app = Fastify()
  await app.register(reverseProxy, options)
  options.timeouts.total = 'nonsense'

  await app.ready()

  await app.close()
})
