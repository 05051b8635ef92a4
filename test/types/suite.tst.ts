import Fastify from 'fastify'
import { describe, expect, test } from 'tstyche'
import type { SallyportOptions } from '../../plugins/suite/index.ts'
import sallyport, { type ObserveOptions, type ReverseProxyOptions, serverOptions } from '../../plugins/suite/index.ts'

describe('the suite', () => {
  test('takes one object, whose keys are the options of its plugins', () => {
    expect(Fastify().register).type.toBeCallableWith(sallyport, {
      kernel: { trustedProxies: ['10.0.0.0/8'] },
      observe: { accessLog: 'combined' as const },
      reverse: { upstream: 'http://127.0.0.1:3000' },
    })
    expect<SallyportOptions['reverse']>().type.toBeAssignableFrom<ReverseProxyOptions[]>()
    expect<SallyportOptions['observe']>().type.toBeAssignableFrom<false>()
    expect<SallyportOptions['observe']>().type.toBeAssignableFrom<ObserveOptions>()
    expect<SallyportOptions>().type.not.toBeAssignableFrom<{ reverse: string }>()
  })
})

describe('serverOptions()', () => {
  test('goes into Fastify() and keeps what it is given', () => {
    expect(Fastify).type.toBeCallableWith(serverOptions())
    expect(serverOptions({ bodyLimit: 10 })).type.toBeAssignableTo<{ bodyLimit: number }>()
  })
})
