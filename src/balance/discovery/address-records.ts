import { normaliseAddress } from '../../net/address.ts'
import { DnsFailure } from './dns-failure.ts'

/** Addresses that a name has in one family. */
export interface AddressRecords {
  readonly addresses: readonly string[]
  /** Seconds. */
  readonly ttl: number
}

/** Addresses that a name has. */
export interface Resolved extends AddressRecords {
  /** False when a family did not answer; its last addresses stand in. */
  readonly whole: boolean
}

/** What each family gave last. */
export type AddressMemory = Map<4 | 6, readonly string[]>

/**
 * Asks for the addresses of all families at once. One that answers is enough.
 * @throws DnsFailure of one that did not answer, else of one that said that there is nothing
 */
export async function addressRecords(
  families: readonly (4 | 6)[],
  ask: (family: 4 | 6) => Promise<AddressRecords>,
  memory: AddressMemory,
): Promise<Resolved> {
  const answers = await Promise.allSettled(families.map(ask))
  const addresses: string[] = []
  let ttl: number | undefined
  let silent: unknown
  let empty: unknown

  answers.forEach((answer, i) => {
    const family = families[i] as 4 | 6
    if (answer.status === 'fulfilled') {
      const found = answer.value.addresses.map(normaliseAddress)
      memory.set(family, found)
      addresses.push(...found)
      ttl = Math.min(ttl ?? answer.value.ttl, answer.value.ttl)
    } else if (isEmpty(answer.reason)) {
      memory.delete(family)
      empty = answer.reason
    } else {
      addresses.push(...(memory.get(family) ?? []))
      silent = answer.reason
    }
  })

  if (ttl === undefined) throw silent ?? empty
  return { addresses: [...new Set(addresses)].sort(), ttl, whole: silent === undefined }
}

export function isEmpty(error: unknown): boolean {
  return error instanceof DnsFailure && error.empty
}

/** Filters in what can be dialled: the unspecified address, with which resolvers block names, would be this machine. */
export function dialable(address: string): boolean {
  return address !== '0.0.0.0' && address !== '::'
}
