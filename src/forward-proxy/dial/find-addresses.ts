import { isIP } from 'node:net'
import { ProxyError } from '../../contract/errors.ts'
import { type AddressGuard, deniedError, type RefusedAddress } from '../guard/address-guard.ts'
import { AttemptOrder } from './attempt-order.ts'
import type { DialTarget } from './dial.ts'
import type { Resolver } from './resolver.ts'

export type AddressesCallback = (error: ProxyError | null, addresses: readonly string[]) => void

/**
 * For whoever has connections of its own (a transport that keeps them, upstreams made from a request): looks the host up
 * once, and gives the addresses that may be dialled, in the order of trying. Dial them as they are, never the name.
 * Calls back once, maybe at once, with SP_DENIED, SP_DNS, SP_DNS_TIMEOUT or SP_SHUTDOWN when there is none. Nothing is
 * called after the function that comes back has been.
 */
export function findAddresses(
  { resolver, guard }: { readonly resolver: Resolver; readonly guard: AddressGuard },
  { host, port, address }: DialTarget,
  callback: AddressesCallback,
): () => void {
  const why = guard.refusesHost(host, port)
  if (why !== undefined) {
    callback(deniedError(host, port, [{ address: host, why }]), [])
    return () => {}
  }
  const order = new AttemptOrder()
  const refused: RefusedAddress[] = []

  function found(addresses: readonly string[]): void {
    const verdict = guard.check(host, addresses, port)
    order.add(verdict.allowed)
    refused.push(...verdict.refused)
  }

  function end(error: ProxyError | null): void {
    const addresses: string[] = []
    for (let next = order.take(); next !== undefined; next = order.take()) addresses.push(next)
    if (addresses.length > 0) callback(null, addresses)
    else if (refused.length > 0) callback(deniedError(host, port, refused), [])
    else callback(error ?? new ProxyError('SP_DNS', `${host} has no addresses`), [])
  }

  if (address === undefined && isIP(host) === 0) return resolver.resolve(host, { found, end })
  found([address ?? host])
  end(null)
  return () => {}
}
