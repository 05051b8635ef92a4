import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../src/contract/target.ts'
import { startOrigin, startProxy } from '../support/app.ts'
import { until } from '../support/until.ts'

const fields = { 'x-forwarded-for': '198.51.100.7, 10.1.2.3', 'x-forwarded-proto': 'https' }

test('a trusted peer is believed about the client and the scheme', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    kernel: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] },
    reverse: { upstream: origin.url },
  })

  await fetch(proxy.url, { headers: fields })
  await until(() => proxy.settled.length === 1, 'settled')

  const { client, target } = proxy.settled[0] as NonNullable<(typeof proxy.settled)[0]>
  assert.deepEqual(client satisfies Client, { ip: '198.51.100.7', port: 0, peer: '127.0.0.1', trusted: true })
  assert.equal(target.scheme, 'https')
  assert.equal(origin.requests[0]?.headers['x-forwarded-for'], '198.51.100.7, 10.1.2.3, 127.0.0.1')
})

test('anyone else is the client, whatever it says', async (t) => {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, { kernel: { trustedProxies: ['192.0.2.0/24'] }, reverse: { upstream: origin.url } })

  await fetch(proxy.url, { headers: fields })
  await until(() => proxy.settled.length === 1, 'settled')

  const { client, target } = proxy.settled[0] as NonNullable<(typeof proxy.settled)[0]>
  assert.deepEqual([client.ip, client.peer, client.trusted, target.scheme], ['127.0.0.1', '127.0.0.1', false, 'http'])
  assert.equal(origin.requests[0]?.headers['x-forwarded-for'], '127.0.0.1')
  assert.equal(origin.requests[0]?.headers['x-forwarded-proto'], 'http')
})
