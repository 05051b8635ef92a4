import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startOrigin, startProxy } from '../support/app.ts'
import { until } from '../support/until.ts'

const given = 'edge-7:abc/1'

test('the id of a trusted peer is taken, and forwarded', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, { kernel: { trustedProxies: ['127.0.0.1'] }, reverse: { upstream: origin.url } })

  await fetch(proxy.url, { headers: { 'x-request-id': given } })
  await until(() => proxy.settled.length === 1, 'settled')

  assert.equal(proxy.settled[0]?.id, given)
  assert.equal(origin.requests[0]?.headers['x-request-id'], given)
})

test('the id of anyone else is replaced, and each exchange has its own', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, { reverse: { upstream: origin.url } })

  await fetch(proxy.url, { headers: { 'x-request-id': given } })
  await fetch(proxy.url, { headers: { 'x-request-id': given } })
  await until(() => proxy.settled.length === 2, 'settled')

  const [one, two] = proxy.settled.map(({ id }) => id)
  assert.match(one ?? '', /^[0-9a-f]{12}-[0-9a-z]+$/)
  assert.notEqual(one, two)
  assert.deepEqual(
    origin.requests.map(({ headers }) => headers['x-request-id']),
    [one, two],
  )
})

for (const [why, id] of [
  ['has a space', 'two words'],
  ['is too long', 'x'.repeat(129)],
  ['is empty', ''],
  ['could forge a log line', 'a"b'],
] as const) {
  test(`the id of a trusted peer that ${why} is replaced`, async (t) => {
    const origin = await startOrigin(t)
    const proxy = await startProxy(t, {
      kernel: { trustedProxies: ['127.0.0.0/8'] },
      reverse: { upstream: origin.url },
    })

    await fetch(proxy.url, { headers: { 'x-request-id': id } })

    assert.match(String(origin.requests[0]?.headers['x-request-id']), /^[0-9a-f]{12}-/)
  })
}

test('requestIdField names another field, in any case', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    kernel: { trustedProxies: ['127.0.0.1'], requestIdField: 'X-Correlation-Id' },
    reverse: { upstream: origin.url },
  })

  await fetch(proxy.url, { headers: { 'x-correlation-id': given, 'x-request-id': 'other' } })
  await until(() => proxy.settled.length === 1, 'settled')

  assert.equal(proxy.settled[0]?.id, given)
  assert.equal(origin.requests[0]?.headers['x-correlation-id'], given)
  assert.equal(origin.requests[0]?.headers['x-request-id'], 'other')
})

test('requestIdField: false takes no id and forwards none', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    kernel: { trustedProxies: ['127.0.0.1'], requestIdField: false },
    reverse: { upstream: origin.url },
  })

  await fetch(proxy.url)
  await until(() => proxy.settled.length === 1, 'settled')

  assert.equal(origin.requests[0]?.headers['x-request-id'], undefined)
  assert.match(proxy.settled[0]?.id ?? '', /^[0-9a-f]{12}-/)
})
