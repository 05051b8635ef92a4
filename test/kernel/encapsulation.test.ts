import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { Layer } from '../../src/contract/layer.ts'
import { startOrigin, startProxy } from '../support/app.ts'

const deny = { code: 'APP_NO', status: 403, text: 'No.' } as const

/** Writes its name down for each call that goes through it. */
function noting(name: string, notes: string[]): Layer {
  return (dispatch) => (options, handler) => {
    notes.push(name)
    return dispatch(options, handler)
  }
}

const route = (app: FastifyInstance, path: string, upstream: string): void => {
  app.get(path, { config: { proxy: { upstream } } as never, handler: app.proxy.handler })
}

test('a guard of a child holds for its own routes: not for the parent, not for a sibling', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    async setup(app) {
      await app.register(async (child) => {
        child.proxy.guard('filter', () => deny)
        route(child, '/guarded', origin.url)
      })
      await app.register(async (sibling) => route(sibling, '/sibling', origin.url))
      route(app, '/parent', origin.url)
    },
  })

  const statuses = []
  for (const path of ['/guarded', '/sibling', '/parent']) statuses.push((await fetch(proxy.url + path)).status)

  assert.deepEqual(statuses, [403, 200, 200])
  assert.equal(origin.requests.length, 2)
})

test('a guard of the parent reaches a child, also when it is added after the child was made', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    async setup(app) {
      await app.register(async (child) => route(child, '/child', origin.url))
      app.proxy.guard('protect', () => deny)
    },
  })

  assert.equal((await fetch(`${proxy.url}/child`)).status, 403)
  assert.equal(origin.requests.length, 0)
})

test('a guard that is added while the server runs counts from the next request on', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })
  const before = (await fetch(proxy.url)).status

  proxy.app.proxy.guard('filter', () => deny)
  const after = (await fetch(proxy.url)).status

  assert.deepEqual([before, after], [200, 403])
})

test('a layer of a child wraps its own calls alone; one of the parent wraps those of the child too', async (t) => {
  const origin = await startOrigin(t)
  const notes: string[] = []
  const proxy = await startProxy(t, {
    async setup(app) {
      await app.register(async (child) => {
        child.proxy.layer('cache', noting('child', notes))
        route(child, '/child', origin.url)
      })
      await app.register(async (sibling) => route(sibling, '/sibling', origin.url))
      app.proxy.layer('cache', noting('parent', notes))
    },
  })

  await fetch(`${proxy.url}/child`)
  const ofChild = notes.splice(0)
  await fetch(`${proxy.url}/sibling`)

  assert.deepEqual(ofChild, ['parent', 'child'])
  assert.deepEqual(notes, ['parent'])
})

test('a settle listener of a child hears of its own exchanges alone', async (t) => {
  const origin = await startOrigin(t)
  const heard: string[] = []
  const proxy = await startProxy(t, {
    async setup(app) {
      await app.register(async (child) => {
        child.proxy.onSettle(({ target }) => heard.push(target.path))
        route(child, '/child', origin.url)
      })
      await app.register(async (sibling) => route(sibling, '/sibling', origin.url))
      route(app, '/parent', origin.url)
    },
  })

  for (const path of ['/child', '/sibling', '/parent']) await (await fetch(proxy.url + path)).text()
  await proxy.app.close()

  assert.deepEqual(heard, ['/child'])
  assert.deepEqual(
    proxy.settled.map(({ target }) => target.path),
    ['/child', '/sibling', '/parent'],
  )
})

test('a pool of a child is its own; the parent and a sibling do not know the name', async (t) => {
  const origin = await startOrigin(t)
  let inChild: readonly string[] = []
  let inSibling: readonly string[] = []
  const proxy = await startProxy(t, {
    async setup(app) {
      app.proxy.pools.add(app.proxy.createPool('common', { upstreams: [origin.url] }))
      await app.register(async (child) => {
        child.proxy.pools.add(child.proxy.createPool('own', { upstreams: [origin.url] }))
        child.get('/own', { config: { proxy: { pool: 'own' } } as never, handler: child.proxy.handler })
        child.get('/common', { config: { proxy: { pool: 'common' } } as never, handler: child.proxy.handler })
        inChild = child.proxy.pools.names()
      })
      await app.register(async (sibling) => {
        inSibling = sibling.proxy.pools.names()
      })
    },
  })

  assert.equal((await fetch(`${proxy.url}/own`)).status, 200)
  assert.equal((await fetch(`${proxy.url}/common`)).status, 200)
  assert.deepEqual(inChild, ['common', 'own'])
  assert.deepEqual(inSibling, ['common'])
  assert.equal(proxy.app.proxy.pools.get('own'), undefined)
})

test('a route of a sibling that names a pool of another scope stops the boot', async (t) => {
  await assert.rejects(
    startProxy(t, {
      async setup(app) {
        await app.register(async (child) => {
          child.proxy.pools.add(child.proxy.createPool('own', { upstreams: ['http://127.0.0.1:9'] }))
        })
        await app.register(async (sibling) => {
          sibling.get('/own', { config: { proxy: { pool: 'own' } } as never, handler: sibling.proxy.handler })
        })
      },
    }),
    /pool' is "own": there is no pool yet/,
  )
})

test('a name of a pool is taken once in a scope, and may be used again in a child', async (t) => {
  const proxy = await startProxy(t)
  const pool = proxy.app.proxy.createPool('a', { upstreams: ['http://127.0.0.1:9'] })
  proxy.app.proxy.pools.add(pool)

  assert.throws(() => proxy.app.proxy.pools.add(pool), /pool' is "a": a pool of that name exists/)
})

test('a route that is proxied in a child is no route elsewhere', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    async setup(app) {
      await app.register(async (child) => route(child, '/thing', origin.url), { prefix: '/child' })
    },
  })

  assert.equal((await fetch(`${proxy.url}/child/thing`)).status, 200)
  assert.equal((await fetch(`${proxy.url}/thing`)).status, 404)
  assert.equal(origin.requests.length, 1)
})
