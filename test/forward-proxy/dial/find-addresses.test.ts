import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProxyError } from '../../../src/contract/errors.ts'
import type { DialTarget } from '../../../src/forward-proxy/dial/dial.ts'
import { findAddresses } from '../../../src/forward-proxy/dial/find-addresses.ts'
import type { Resolver } from '../../../src/forward-proxy/dial/resolver.ts'
import { createAddressGuard } from '../../../src/forward-proxy/guard/address-guard.ts'

/** A resolver that gives these in turn. */
function giving(parts: readonly (readonly string[])[], error: ProxyError | null = null): Resolver {
  return {
    resolve(_, waiter) {
      for (const addresses of parts) waiter.found(addresses)
      waiter.end(error)
      return () => {}
    },
    async close() {},
  }
}

const guard = createAddressGuard({ deny: ['denied.test'] })

/** The addresses, or the code. */
function find(resolver: Resolver, target: DialTarget): readonly string[] | string | undefined {
  let end: readonly string[] | string | undefined
  findAddresses({ resolver, guard }, target, (error, addresses) => {
    assert.equal(end, undefined)
    end = error?.code ?? addresses
  })
  return end
}

test('the allowed addresses come in the order of trying, whatever came first', () => {
  const resolver = giving([
    ['2606:4700::1', '2606:4700::2', '::1'],
    ['8.8.8.8', '127.0.0.1', '8.8.4.4'],
  ])

  assert.deepEqual(find(resolver, { host: 'a.test', port: 80 }), ['2606:4700::1', '8.8.8.8', '2606:4700::2', '8.8.4.4'])
})

test('none allowed: SP_DENIED; none at all: why DNS found none', () => {
  assert.equal(find(giving([['10.0.0.1']]), { host: 'a.test', port: 80 }), 'SP_DENIED')
  assert.equal(find(giving([], new ProxyError('SP_DNS_TIMEOUT')), { host: 'a.test', port: 80 }), 'SP_DNS_TIMEOUT')
  assert.equal(find(giving([]), { host: 'a.test', port: 80 }), 'SP_DNS')
})

test('literals and denied hosts are not looked up', () => {
  const resolver: Resolver = {
    resolve() {
      throw new Error('looked up')
    },
    async close() {},
  }

  assert.deepEqual(find(resolver, { host: '8.8.8.8', port: 80, address: '8.8.8.8' }), ['8.8.8.8'])
  assert.equal(find(resolver, { host: '127.0.0.1', port: 80 }), 'SP_DENIED')
  assert.equal(find(resolver, { host: 'denied.test', port: 80 }), 'SP_DENIED')
})
