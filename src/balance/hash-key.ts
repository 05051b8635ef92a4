import type { Exchange } from '../contract/exchange.ts'
import { knownKeys, OptionError } from '../contract/options.ts'
import { normaliseAddress } from '../net/address.ts'
import { hash32 } from './hash.ts'
import { readRequestValue } from './request-value.ts'

/**
 * What the hash policies hash: exchanges of one key go to one upstream.
 *
 *  - `'client'`: the client's address. IPv6 by its /64, which is one subscriber's.
 *  - `'path'`: the path without the query, in its canonical form.
 *  - `{ field: 'x-user' }`: the first line of a request field.
 *  - `{ cookie: 'sid' }`: the first cookie of that name.
 *  - a function: its text. One that throws, or returns something else, means that there is no key.
 *
 * An exchange without a key goes to any upstream. Fields, cookies and paths are what the client says: who wants to can
 * put all of his load on one upstream. `boundedLoad` keeps that within limits.
 */
export type HashKey =
  | 'client'
  | 'path'
  | { readonly field: string }
  | { readonly cookie: string }
  | ((exchange: Exchange) => string | undefined)

/** 32 bits, unsigned; undefined when the exchange has no key. */
export type HashKeyReader = (exchange: Exchange | undefined) => number | undefined

const right =
  "give 'client', 'path', { field: 'x-user' }, { cookie: 'sid' } or a function of the exchange that returns a text"

/** @throws OptionError that names the option */
export function readHashKey(option: string, given: HashKey = 'client'): HashKeyReader {
  const text = reader(option, given)
  return function hashKey(exchange) {
    if (exchange === undefined) return undefined
    const key = text(exchange)
    return typeof key === 'string' && key !== '' ? hash32(key) : undefined
  }
}

function reader(option: string, given: HashKey): (exchange: Exchange) => unknown {
  if (given === 'client') return clientKey
  if (given === 'path') return pathKey
  if (typeof given === 'function') return guarded(given)
  if (typeof given !== 'object' || given === null) throw new OptionError(option, given, right)
  knownKeys(option, given, ['field', 'cookie'])
  return readRequestValue(option, given, right)
}

function clientKey({ client }: Exchange): string {
  return networkOf(client.ip)
}

function pathKey({ target }: Exchange): string {
  return target.canonicalPath
}

function guarded(fn: (exchange: Exchange) => string | undefined): (exchange: Exchange) => unknown {
  return function givenKey(exchange) {
    try {
      return fn(exchange)
    } catch {
      return undefined
    }
  }
}

/** An IPv4 address as it is; of an IPv6 address the first four groups. */
export function networkOf(ip: string): string {
  const address = normaliseAddress(ip)
  if (!address.includes(':')) return address
  const gap = address.indexOf('::')
  const head = groups(gap === -1 ? address : address.slice(0, gap))
  if (gap !== -1 && head.length < 4) {
    const tail = groups(address.slice(gap + 2))
    // An IPv4 address at the end stands for two groups.
    const missing = 8 - head.length - tail.length - (address.includes('.') ? 1 : 0)
    for (let i = 0; i < missing; i++) head.push('0')
    head.push(...tail)
  }
  return head.slice(0, 4).join(':')
}

function groups(part: string): string[] {
  return part === '' ? [] : part.split(':')
}
