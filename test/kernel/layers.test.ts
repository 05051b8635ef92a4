import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interceptors, request, fetch as undiciFetch } from 'undici'
import { type Layer, type LayerSlot, layerSlots } from '../../src/contract/layer.ts'
import { startOrigin, startProxy } from '../support/app.ts'

function noting(name: string, notes: string[]): Layer {
  return (dispatch) => (options, handler) => {
    notes.push(name)
    return dispatch(options, handler)
  }
}

test('layers stand in the order of layerSlots, whatever the order in which they were added', async (t) => {
  const origin = await startOrigin(t)
  const notes: string[] = []
  const shuffled: LayerSlot[] = ['transport', 'cache', 'balance', 'observe', 'retry', 'collapse']
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup(app) {
      for (const slot of shuffled) app.proxy.layer(slot, noting(slot, notes))
    },
  })

  await fetch(proxy.url)

  assert.deepEqual(notes, [...layerSlots])
})

test('of two layers in one slot the first added is outermost', async (t) => {
  const origin = await startOrigin(t)
  const notes: string[] = []
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup(app) {
      app.proxy.layer('cache', noting('first', notes))
      app.proxy.layer('cache', noting('second', notes))
    },
  })

  await fetch(proxy.url)

  assert.deepEqual(notes, ['first', 'second'])
})

test('a slot that does not exist is refused', async (t) => {
  const { app } = await startProxy(t)

  assert.throws(
    () => app.proxy.layer('middle' as LayerSlot, (dispatch) => dispatch),
    /slot' is "middle": give one of observe/,
  )
  assert.throws(() => app.proxy.guard('late' as never, () => undefined), /slot' is "late": give one of identify/)
})

test('a stock undici interceptor is a layer', async (t) => {
  let asked = 0
  const origin = await startOrigin(t, (_request, response) => {
    response.writeHead(++asked < 3 ? 503 : 200)
    response.end(`answer ${asked}`)
  })
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup(app) {
      app.proxy.layer(
        'retry',
        interceptors.retry({ maxRetries: 3, minTimeout: 1, timeoutFactor: 1 }) as unknown as Layer,
      )
    },
  })

  const response = await fetch(proxy.url)

  assert.equal(response.status, 200)
  assert.equal(await response.text(), 'answer 3')
  assert.equal(asked, 3)
})

test('app.proxy.dispatcher serves undici.request and undici.fetch, through the layers of the scope', async (t) => {
  const origin = await startOrigin(t)
  const notes: string[] = []
  const proxy = await startProxy(t, { setup: (app) => app.proxy.layer('observe', noting('observe', notes)) })
  const { dispatcher } = proxy.app.proxy

  const asked = await request(`${origin.url}/a?b=1`, { dispatcher, method: 'POST', body: 'hello' })
  const fetched = await undiciFetch(`${origin.url}/c`, { dispatcher })

  const one = (await asked.body.json()) as { method: string; url: string; body: string }
  const two = (await fetched.json()) as { url: string }
  assert.deepEqual([asked.statusCode, one.method, one.url, one.body], [200, 'POST', '/a?b=1', 'hello'])
  assert.deepEqual([fetched.status, two.url], [200, '/c'])
  assert.deepEqual(notes, ['observe', 'observe'])
})

test('app.proxy.dispatcher composes with stock undici interceptors', async (t) => {
  const origin = await startOrigin(t, (incoming, response) => {
    if (incoming.url === '/from') response.writeHead(302, { location: '/to' }).end()
    else response.end('arrived')
  })
  const proxy = await startProxy(t)
  const dispatcher = proxy.app.proxy.dispatcher.compose(interceptors.redirect({ maxRedirections: 2 }))

  const { statusCode, body } = await request(`${origin.url}/from`, { dispatcher })

  assert.equal(statusCode, 200)
  assert.equal(await body.text(), 'arrived')
})

test('an aborted undici.request over app.proxy.dispatcher ends the upstream call', async (t) => {
  let closed: () => void = () => {}
  const gone = new Promise<void>((resolve) => {
    closed = resolve
  })
  const abort = new AbortController()
  const origin = await startOrigin(t, (incoming) => {
    incoming.socket.once('close', closed)
    abort.abort()
  })
  const proxy = await startProxy(t)

  const asked = request(origin.url, { dispatcher: proxy.app.proxy.dispatcher, signal: abort.signal })

  await assert.rejects(asked, { name: 'AbortError' })
  await gone
})
