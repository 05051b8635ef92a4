import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import sallyport, { ProxyError, type SallyportOptions, serverOptions } from '../../plugins/suite/index.ts'
import { startOrigin } from '../support/app.ts'

async function start(t: TestContext, options: SallyportOptions): Promise<string> {
  const app = Fastify(serverOptions())
  t.after(() => app.close())
  await app.register(sallyport, options)
  return app.listen({ port: 0, host: '127.0.0.1' })
}

test('one object makes a proxy with an access log', async (t) => {
  const { url } = await startOrigin(t)
  const destination = new PassThrough()
  const gate = await start(t, {
    kernel: { pseudonym: 'gate' },
    observe: { destination },
    reverse: { upstream: url },
  })

  const response = await fetch(`${gate}/a`)

  assert.equal(response.headers.get('via'), '1.1 gate')
  await response.text()
  const [line] = await once(destination, 'data')
  assert.equal(JSON.parse(String(line)).target, '/a')
})

test('reverse may be a list', async (t) => {
  const one = await startOrigin(t)
  const two = await startOrigin(t)
  const gate = await start(t, {
    observe: false,
    reverse: [
      { prefix: '/one', upstream: one.url },
      { prefix: '/two', upstream: two.url, rewritePrefix: '/' },
    ],
  })

  const answers = await Promise.all(['/one/a', '/two/a'].map(async (path) => (await fetch(gate + path)).json()))

  assert.deepEqual(
    answers.map((answer) => (answer as { url: string }).url),
    ['/one/a', '/a'],
  )
  assert.deepEqual([one.requests.length, two.requests.length], [1, 1])
})

test('pools of balance are there for reverse, by name', async (t) => {
  const { url, requests } = await startOrigin(t)
  const gate = await start(t, {
    observe: false,
    balance: { pools: { api: { upstreams: [url], policy: 'round-robin' } } },
    reverse: { pool: 'api' },
  })

  const { status } = await fetch(`${gate}/a`)

  assert.equal(status, 200)
  assert.equal(requests.length, 1)
})

test('without reverse it proxies nothing, and config.proxy and reply.proxy() work', async (t) => {
  const { url } = await startOrigin(t)
  const app = Fastify(serverOptions())
  t.after(() => app.close())
  await app.register(sallyport, { observe: false })
  app.get('/a', { config: { proxy: { upstream: url } }, handler: app.proxy.handler as never })
  app.get('/b', (_request, reply) => reply.proxy({ upstream: url }))
  const gate = await app.listen({ port: 0, host: '127.0.0.1' })

  const statuses = await Promise.all(['/a', '/b', '/c'].map(async (path) => (await fetch(gate + path)).status))

  assert.deepEqual(statuses, [200, 200, 404])
})

const wrong: readonly [object, string, RegExp][] = [
  [{ revers: {} }, 'revers', /'reverse'/],
  [{ kernel: { pseudonim: 'x' } }, 'kernel.pseudonim', /'pseudonym'/],
  [{ observe: { accesslog: 'json' } }, 'observe.accesslog', /'accessLog'/],
  [{ observe: false, balance: { pool: {} } }, 'pool', /'pools'/],
  [{ observe: false, balance: { pools: { a: { upstreams: ['http://a'], helth: '/' } } } }, 'pools.a.helth', /'health'/],
  [{ observe: false, reverse: [{ upstream: 'nope' }] }, 'upstream', /http/],
]

for (const [options, option, right] of wrong) {
  test(`a wrong option is an error that names it: ${JSON.stringify(options)}`, async (t) => {
    await assert.rejects(start(t, options), (error: Error & { option?: string }) => {
      assert.equal(error.name, 'OptionError')
      assert.equal(error.option, option)
      assert.match(error.message, right)
      return true
    })
  })
}

test('the errors of the suite are there to be caught', () => {
  assert.equal(new ProxyError('SP_DENIED').status, 403)
})
