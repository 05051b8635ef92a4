import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import kernel, { type KernelOptions, serverOptions } from '../../plugins/kernel/index.ts'
import reverseProxy from '../../plugins/reverse-proxy/index.ts'
import { startOrigin, startProxy } from '../support/app.ts'

const makeApp = (): FastifyInstance => Fastify(serverOptions()) as unknown as FastifyInstance

test('the kernel decorates app.proxy and request.exchange', async (t) => {
  const origin = await startOrigin(t)
  let seen: unknown
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url, prefix: '/api' },
    setup(app) {
      app.get('/plain', (request) => ({ exchange: request.exchange }))
      app.addHook('preHandler', async (request) => {
        seen = request.exchange
      })
    },
  })

  const proxied = await fetch(`${proxy.url}/api/x?y=1`)
  const { target, kind, protocol } = seen as import('../../src/contract/exchange.ts').Exchange
  const plain = await (await fetch(`${proxy.url}/plain`)).json()

  assert.equal(proxied.status, 200)
  assert.deepEqual(
    [kind, protocol, target.method, target.path, target.query],
    ['http', 'HTTP/1.1', 'GET', '/api/x', '?y=1'],
  )
  assert.deepEqual(plain, { exchange: null })
  assert.equal(typeof proxy.app.proxy.dispatch, 'function')
})

test('a capability registered without the kernel brings it along', async (t) => {
  const origin = await startOrigin(t)
  const app = makeApp()
  t.after(() => app.close())
  await app.register(reverseProxy, { upstream: origin.url })

  const url = await app.listen({ port: 0, host: '127.0.0.1' })

  assert.equal((await fetch(`${url}/x`)).status, 200)
  assert.ok(app.hasDecorator('proxy'))
})

test('a key of config.proxy that nobody reads stops the boot, and names key, route and the nearest key', async (t) => {
  const app = makeApp()
  t.after(() => app.close().catch(() => {}))
  await app.register(kernel)
  app.get('/slip', { config: { proxy: { undrescores: 'drop' } as object } }, () => 'never')

  await assert.rejects(
    async () => app.ready(),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'SP_BAD_OPTION')
      assert.match(error.message, /config\.proxy\.undrescores/)
      assert.match(error.message, /GET \/slip/)
      assert.match(error.message, /did you mean 'underscores'/)
      return true
    },
  )
})

test('a key of config.proxy that resembles none is answered with the list of those there are', async (t) => {
  const app = makeApp()
  t.after(() => app.close().catch(() => {}))
  await app.register(kernel)
  app.get('/slip', { config: { proxy: { fluxCapacitor: 1 } as object } }, () => 'never')

  await assert.rejects(
    async () => app.ready(),
    /fluxCapacitor' is 1.*the keys are paths, trace, underscores, upgrade, via/,
  )
})

test('a bad value in config.proxy stops the boot', async (t) => {
  const app = makeApp()
  t.after(() => app.close().catch(() => {}))
  await app.register(kernel)

  assert.throws(
    () => app.get('/slip', { config: { proxy: { underscores: 'maybe' } as never } }, () => 'never'),
    /underscores' is "maybe": give one of 'drop', 'refuse', 'pass'/,
  )
  assert.throws(
    () => app.get('/slip2', { config: { proxy: { trace: 'yes' } as never } }, () => 'never'),
    /trace' is "yes": give true or false/,
  )
})

/** Each: the options, and what the message must say. */
const wrong: readonly [object, RegExp][] = [
  [{ trustedProxy: [] }, /kernel\.trustedProxy.*Did you mean 'trustedProxies'/],
  [{ trustedProxies: ['10.0.0.0/99'] }, /trustedProxies.*10\.0\.0\.0\/99/],
  [{ trustedProxies: 1 }, /trustedProxies' is 1/],
  [{ trustedProxies: '10.0.0.1' }, /trustedProxies' is "10\.0\.0\.1"/],
  [{ pseudonym: 'two words' }, /pseudonym' is "two words": give a token/],
  [{ pseudonym: '' }, /pseudonym' is ""/],
  [{ pseudonym: 7 }, /pseudonym' is 7/],
  [{ limits: { headerByte: 1 } }, /limits\.headerByte.*Did you mean 'headerBytes'/],
  [{ limits: 5 }, /limits' is 5/],
  [{ limits: { headerBytes: '16kb' } }, /limits\.headerBytes' is "16kb": give bytes or text such as '64KiB'/],
  [{ limits: { headerBytes: -1 } }, /limits\.headerBytes' is -1/],
  [{ limits: { headerFields: 0 } }, /limits\.headerFields' is 0: give a whole number of at least 1/],
  [{ limits: { headerFields: '100' } }, /limits\.headerFields' is "100"/],
  [{ limits: { uriBytes: 1.5 } }, /limits\.uriBytes' is 1\.5/],
  [{ requestIdField: 'x request id' }, /requestIdField' is "x request id": give a field name/],
  [{ requestIdField: true }, /requestIdField' is true/],
  [{ http2: { streams: 1 } }, /http2\.streams/],
  [{ http2: 'on' }, /http2' is "on"/],
  [{ http2: { maxConcurrentStreams: 0 } }, /http2\.maxConcurrentStreams' is 0/],
  [{ http2: { resetBudget: 'many' } }, /http2\.resetBudget' is "many"/],
  [{ http2: { resetWindow: '1 minute' } }, /http2\.resetWindow' is "1 minute": give milliseconds/],
  [{ drainTimeout: 'soon' }, /drainTimeout' is "soon"/],
  [{ drainTimeout: Number.NaN }, /drainTimeout' is NaN/],
  [{ clock: {} }, /clock' is an object/],
  [{ clock: 'sundial' }, /clock' is "sundial"/],
]

for (const [options, message] of wrong) {
  test(`the kernel refuses ${JSON.stringify(options)}`, async (t) => {
    const app = makeApp()
    t.after(() => app.close().catch(() => {}))

    await assert.rejects(
      async () => app.register(kernel, options as KernelOptions),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'SP_BAD_OPTION')
        assert.match(error.message, message)
        return true
      },
    )
  })
}

for (const [made, options, warnings] of [
  ['with serverOptions()', serverOptions(), 0],
  ['without', {}, 1],
] as const) {
  test(`a server made ${made} is ${warnings === 0 ? 'not ' : ''}warned of its 503 while it closes`, async (t) => {
    const lines: string[] = []
    const logger = { level: 'warn', stream: { write: (line: string) => lines.push(line) } }
    const app = Fastify({ ...options, logger }) as unknown as FastifyInstance
    t.after(() => app.close())
    await app.register(async (child) => void (await child.register(kernel)))
    await app.ready()

    assert.equal(lines.filter((line) => line.includes('answers 503')).length, warnings)
  })
}
