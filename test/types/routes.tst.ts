import Fastify, { type FastifyReply } from 'fastify'
import { describe, expect, test } from 'tstyche'
import kernel, { type ProxyScope, serverOptions } from '../../plugins/kernel/index.ts'
import reverseProxy, { type ReplyProxyOptions } from '../../plugins/reverse-proxy/index.ts'

const app = Fastify(serverOptions())
const upstream = 'http://127.0.0.1:3000'

describe('config.proxy of a route', () => {
  test('takes the options of a proxied route', () => {
    app.get('/a', { config: { proxy: { upstream } } }, app.proxy.handler)
    app.get(
      '/b',
      {
        config: {
          proxy: {
            upstream: [upstream, 'http+unix:/run/app.sock'],
            weights: [2, 1],
            host: { set: 'a.test' },
            timeouts: { firstByte: '2s', total: false },
            requestFields: { set: { 'x-from': '{client.ip}' }, remove: ['x-internal-*'] },
            upgrade: { idleTimeout: '5m' },
            tls: { rejectUnauthorized: true },
          },
        },
      },
      app.proxy.handler,
    )
  })

  test('does not take an option that does not exist', () => {
    // @ts-expect-error 'upstreams' does not exist in type 'ProxyRouteOptions'
    app.get('/a', { config: { proxy: { upstreams: [upstream] } } }, app.proxy.handler)
  })

  test('does not take a value of another kind', () => {
    // @ts-expect-error Type '"origin"' is not assignable to type
    app.get('/a', { config: { proxy: { upstream, host: 'origin' } } }, app.proxy.handler)
    // @ts-expect-error Type 'string' is not assignable to type 'number'
    app.get('/a', { config: { proxy: { upstream, weights: ['1'] } } }, app.proxy.handler)
    // @ts-expect-error Type '"drop"' is not assignable to type
    app.get('/a', { config: { proxy: { upstream, paths: { dotSegments: 'drop' } } } }, app.proxy.handler)
  })

  test('chooses an upstream by the request, now or later', () => {
    app.get('/a', { config: { proxy: { upstream: ({ exchange }) => `http://${exchange.target.host}` } } }, () => null)
    app.get('/b', { config: { proxy: { upstream: async () => upstream } } }, app.proxy.handler)
    // @ts-expect-error is not assignable to type
    app.get('/c', { config: { proxy: { upstream: () => 3000 } } }, app.proxy.handler)
  })
})

describe('reply.proxy()', () => {
  test('gives the reply, to be returned from the handler', () => {
    app.get('/a', (_request, reply) => {
      expect(reply.proxy({ upstream, path: '/b?c' })).type.toBe<FastifyReply>()
    })
  })

  test("takes a route's options and a path, and no prefix", () => {
    expect<ReplyProxyOptions>().type.toBeAssignableFrom<{ upstream: string; path: string; via: boolean }>()
    app.get('/a', (_request, reply) => {
      // @ts-expect-error 'prefix' does not exist in type 'ReplyProxyOptions'
      return reply.proxy({ upstream, prefix: '/a' })
    })
  })
})

describe('reply.from()', () => {
  test('is there, with the options of @fastify/reply-from', () => {
    app.get('/a', (_request, reply) => {
      expect(reply.from(upstream, { rewriteHeaders: (headers) => headers })).type.toBe<FastifyReply>()
    })
  })
})

describe('the plugins', () => {
  test('are registered with their own options', () => {
    expect(app.register).type.toBeCallableWith(reverseProxy, { upstream, prefix: '/api', rewritePrefix: '' })
    expect(app.register).type.toBeCallableWith(reverseProxy)
    expect(app.register).type.toBeCallableWith(kernel, { trustedProxies: ['10.0.0.0/8'], drainTimeout: '5s' })
    expect(app.register).type.not.toBeCallableWith(kernel, { trustedProxies: 1 })
    expect(app.register).type.not.toBeCallableWith(reverseProxy, { upstream, rewritePrefix: true })
  })

  test('decorate the app', () => {
    expect(app.proxy).type.toBe<ProxyScope>()
  })
})
