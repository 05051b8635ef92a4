import { networkInterfaces } from 'node:os'
import { normaliseAddress } from '../../net/address.ts'
import { classify } from '../../net/special-addresses.ts'

/** Where this process itself listens. */
export interface OwnListener {
  /** `0.0.0.0` and `::` are all addresses of the machine. */
  readonly address: string
  readonly port: number
}

/**
 * Would a connection there come back to us? 0.0.0.0 and :: lead to this machine when they are dialled.
 * @param address normalised
 */
export function isOwn(address: string, port: number, own: readonly OwnListener[]): boolean {
  for (const listener of own) {
    if (listener.port !== port) continue
    if (isUnspecified(address)) return true
    const at = normaliseAddress(listener.address)
    if (at === address || (isUnspecified(at) && isLocal(address))) return true
  }
  return false
}

function isUnspecified(address: string): boolean {
  return classify(address).kind === 'unspecified'
}

function isLocal(address: string): boolean {
  if (classify(address).kind === 'loopback') return true
  // Asked anew: addresses come and go, and it is rare that the port is ours.
  for (const list of Object.values(networkInterfaces())) {
    for (const one of list ?? []) if (normaliseAddress(one.address) === address) return true
  }
  return false
}
