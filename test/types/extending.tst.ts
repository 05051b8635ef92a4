import Fastify from 'fastify'
import { describe, expect, test } from 'tstyche'
import { interceptors } from 'undici'
import type {} from '../../plugins/kernel/index.ts'
import type { ErrorCode } from '../../src/contract/errors.ts'
import type { Refusal } from '../../src/contract/guard.ts'
import type { Client, Target } from '../../src/contract/target.ts'

const app = Fastify()

describe('a guard', () => {
  test('is given the exchange, frozen', () => {
    app.proxy.guard('filter', (exchange) => {
      expect(exchange.target).type.toBe<Target>()
      expect(exchange.client).type.toBe<Client>()
      // @ts-expect-error Cannot assign to 'path' because it is a read-only property
      exchange.target.path = '/elsewhere'
      return undefined
    })
  })

  test('answers with a refusal or nothing, now or later', () => {
    const refusal: Refusal = { code: 'APP_NO', status: 403, text: 'No.', fields: ['Retry-After', '1'], manner: 'close' }
    app.proxy.guard('identify', () => undefined)
    app.proxy.guard('protect', () => refusal)
    app.proxy.guard('filter', async () => refusal)
    // @ts-expect-error is not assignable to type
    app.proxy.guard('filter', () => ({ status: 403 }))
    // @ts-expect-error is not assignable to type
    app.proxy.guard('filter', () => false)
  })

  test('stands in a slot that exists', () => {
    // @ts-expect-error is not assignable to parameter of type
    app.proxy.guard('observe', () => undefined)
  })
})

describe('a layer', () => {
  test('wraps the dispatch that it is given', () => {
    app.proxy.layer('observe', (dispatch) => (options, handler) => {
      expect(options.exchange?.id).type.toBe<string | undefined>()
      return dispatch({ ...options, freshConnection: true }, handler)
    })
    // @ts-expect-error is not assignable to
    app.proxy.layer('observe', () => () => 'later')
    // @ts-expect-error is not assignable to parameter of type
    app.proxy.layer('protect', (dispatch) => dispatch)
  })

  test('may be a stock interceptor of undici', () => {
    app.proxy.layer('retry', interceptors.dump({ maxSize: 1024 }))
  })
})

describe('what settled', () => {
  test('tells the facts, the error as one of the table', () => {
    app.proxy.onSettle(({ facts }) => {
      expect(facts.status).type.toBe<number>()
      expect(facts.error).type.toBe<ErrorCode | undefined>()
    })
  })
})

describe('the dispatcher', () => {
  test('goes where undici takes one', () => {
    expect(fetch).type.toBeCallableWith('http://a.test', { dispatcher: app.proxy.dispatcher as never })
  })
})
