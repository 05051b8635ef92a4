import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Exchange } from '../../src/contract/exchange.ts'
import type { Guard, Refusal } from '../../src/contract/guard.ts'
import { startOrigin, startProxy } from '../support/app.ts'
import { until } from '../support/until.ts'

const deny: Refusal = { code: 'APP_NO', status: 403, text: 'No.' }

test('guards are asked in the order of their slots; the first no ends it', async (t) => {
  const origin = await startOrigin(t)
  const asked: string[] = []
  const note =
    (name: string, answer?: Refusal): Guard =>
    () => {
      asked.push(name)
      return answer
    }
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup(app) {
      app.proxy.guard('filter', note('filter'))
      app.proxy.guard('protect', note('protect', deny))
      app.proxy.guard('identify', note('identify 1'))
      app.proxy.guard('identify', note('identify 2'))
    },
  })

  const { status } = await fetch(proxy.url)

  assert.equal(status, 403)
  assert.deepEqual(asked, ['identify 1', 'identify 2', 'protect'])
  assert.equal(origin.requests.length, 0)
})

test('a guard may take its time, and those behind it wait', async (t) => {
  const origin = await startOrigin(t)
  const asked: string[] = []
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup(app) {
      app.proxy.guard('identify', async () => {
        await new Promise((resolve) => setImmediate(resolve))
        asked.push('slow')
        return undefined
      })
      app.proxy.guard('filter', ({ target }) => {
        asked.push('behind')
        return target.path === '/no' ? deny : undefined
      })
    },
  })

  const passed = await fetch(proxy.url, { method: 'POST', body: 'content' })
  const refused = await fetch(`${proxy.url}/no`)

  assert.equal(((await passed.json()) as { body: string }).body, 'content')
  assert.equal(refused.status, 403)
  assert.deepEqual(asked, ['slow', 'behind', 'slow', 'behind'])
  assert.equal(origin.requests.length, 1)
})

const fail = (): never => {
  throw new Error('secret of the inside')
}
const broken: readonly [string, readonly unknown[]][] = [
  ['throws', [fail]],
  ['rejects', [async () => fail()]],
  ['throws behind one that took its time', [async () => undefined, fail]],
  ['gives false', [() => false]],
  ['gives null, late', [async () => null]],
  ['gives a status that is none', [async () => ({ code: 'APP', status: 42, text: 'No.' })]],
]

for (const [how, guards] of broken) {
  test(`a guard that ${how} has not said yes: 500, nothing reaches the upstream, nothing of it is told`, async (t) => {
    const origin = await startOrigin(t)
    const proxy = await startProxy(t, {
      reverse: { upstream: origin.url },
      setup(app) {
        for (const guard of guards) app.proxy.guard('protect', guard as Guard)
      },
    })

    const response = await fetch(proxy.url)
    const body = await response.text()
    await until(() => proxy.settled.length > 0, 'the exchange settled')

    assert.equal(response.status, 500)
    assert.doesNotMatch(body, /secret/)
    assert.match(body, /SP_INTERNAL/)
    assert.equal(origin.requests.length, 0)
    const { error, cause } = (proxy.settled[0] as Exchange).facts
    assert.equal(error, 'SP_INTERNAL')
    assert.match((cause as Error).message, /secret of the inside|a guard gave neither/)
  })
}

test('a guard is asked for reply.proxy() of a plain route too', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    setup(app) {
      app.proxy.guard('filter', ({ target }) => (target.path === '/no' ? deny : undefined))
      app.get('/*', (_request, reply) => reply.proxy({ upstream: origin.url }))
    },
  })

  assert.equal((await fetch(`${proxy.url}/no`)).status, 403)
  assert.equal((await fetch(`${proxy.url}/yes`)).status, 200)
  assert.equal(origin.requests.length, 1)
})

test('a client that leaves while a guard thinks is gone: nothing is sent', async (t) => {
  const origin = await startOrigin(t)
  const waiting: (() => void)[] = []
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup: (app) =>
      app.proxy.guard('filter', () => new Promise<undefined>((resolve) => waiting.push(() => resolve(undefined)))),
  })
  const abort = new AbortController()
  const asked = fetch(proxy.url, { signal: abort.signal })
  await until(() => waiting.length === 1, 'the guard asked')

  abort.abort()
  await assert.rejects(asked)
  await until(() => proxy.settled.length === 1, 'the exchange settled')
  waiting[0]?.()
  await new Promise((resolve) => setTimeout(resolve, 20))

  assert.equal(origin.requests.length, 0)
  assert.equal(proxy.settled.length, 1)
  assert.equal(proxy.settled[0]?.facts.status, 499)
})
