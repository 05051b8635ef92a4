import type http from 'node:http'
import type http2 from 'node:http2'
import type https from 'node:https'
import Fastify from 'fastify'
import { describe, expect, test } from 'tstyche'
import type { SallyportOptions } from '../../plugins/suite/index.ts'
import sallyport, { type ObserveOptions, type ReverseProxyOptions, serverOptions } from '../../plugins/suite/index.ts'

describe('the suite', () => {
  test('takes one object, whose keys are the options of its plugins', () => {
    expect(Fastify().register).type.toBeCallableWith(sallyport, {
      kernel: { trustedProxies: ['10.0.0.0/8'] },
      observe: { accessLog: 'combined' as const },
      balance: { pools: { api: { upstreams: ['http://127.0.0.1:3000'], policy: 'maglev' as const } } },
      reverse: { upstream: 'http://127.0.0.1:3000' },
    })
    expect<SallyportOptions['reverse']>().type.toBeAssignableFrom<ReverseProxyOptions[]>()
    expect<SallyportOptions['observe']>().type.toBeAssignableFrom<false>()
    expect<SallyportOptions['observe']>().type.toBeAssignableFrom<ObserveOptions>()
    expect<SallyportOptions>().type.not.toBeAssignableFrom<{ balance: { pools: { api: { policy: 'fastest' } } } }>()
    expect<SallyportOptions>().type.not.toBeAssignableFrom<{ reverse: string }>()
  })
})

describe('serverOptions()', () => {
  test('keeps what it is given, so that Fastify knows the kind of server', () => {
    expect(Fastify(serverOptions()).server).type.toBe<http.Server>()
    expect(Fastify(serverOptions({ bodyLimit: 10 })).server).type.toBe<http.Server>()
    expect(Fastify(serverOptions({ https: { key: '', cert: '' } })).server).type.toBe<https.Server>()
    expect(Fastify(serverOptions({ http2: true })).server).type.toBe<http2.Http2Server>()
    expect(Fastify(serverOptions({ http2: true, https: { key: '' } })).server).type.toBe<http2.Http2SecureServer>()
  })
})
