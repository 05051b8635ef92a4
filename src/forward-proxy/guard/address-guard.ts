import { ProxyError } from '../../contract/errors.ts'
import { flag, knownKeys, OptionError } from '../../contract/options.ts'
import { normaliseAddress } from '../../net/address.ts'
import { classify, embeddedIpv4 } from '../../net/special-addresses.ts'
import type { AddressKind } from '../../net/special-blocks.ts'
import { bracketed } from '../target/canonical-host.ts'
import { compileDestinations } from './destinations.ts'
import { isOwn, type OwnListener } from './own-listeners.ts'

/** Lists take `'example.com'`, `'.example.com'` (with all below it), `'10.0.0.5'`, `'10.0.0.0/8'`, each with `:port` if wanted. */
export interface AddressGuardOptions {
  /**
   * Let everyone reach loopback, private, shared (CGNAT) and link-local addresses. Metadata services stay closed.
   * @default false
   */
  readonly allowPrivate?: boolean
  /**
   * Exempt from the check of addresses. A block or address opens whatever it names. A domain opens private addresses that
   * it leads to, never metadata services: whoever has the domain says where it leads.
   */
  readonly allow?: readonly string[]
  /** Never reached, whatever `allow` and `only` say. A block is met through IPv6 that carries its addresses too. */
  readonly deny?: readonly string[]
  /** If given, nothing else is reached. Opens no private address. */
  readonly only?: readonly string[]
  /** Our own listeners, never reached. Asked at each check where the port could be one of them. */
  readonly own?: () => readonly OwnListener[]
}

export interface RefusedAddress {
  readonly address: string
  /** For the log alone. */
  readonly why: string
}

export interface GuardVerdict {
  /** One spelling each, in the order given, none twice. */
  readonly allowed: readonly string[]
  readonly refused: readonly RefusedAddress[]
}

/** Decides where connections may go. Keeps nothing about exchanges. */
export interface AddressGuard {
  /** Why a host is refused whatever its addresses are, to be asked before a look-up; undefined when that is not known yet. */
  refusesHost(host: string, port: number): string | undefined
  /**
   * Sorts the addresses that a host has. Dial none but the allowed ones, by these very literals.
   * @param host canonical: see `canonicalHost`
   */
  check(host: string, addresses: readonly string[], port: number): GuardVerdict
}

const keys: readonly (keyof AddressGuardOptions)[] = ['allowPrivate', 'allow', 'deny', 'only', 'own']

/** What `allowPrivate` and an allowed domain open. */
const near: ReadonlySet<AddressKind> = new Set<AddressKind>(['loopback', 'private', 'shared', 'link-local'])

/**
 * The guard against server-side request forgery, for whatever dials an address that somebody else has named: the forward
 * proxy, and upstreams made from a request.
 * @param option what messages call it
 * @throws OptionError
 */
export function createAddressGuard(options: AddressGuardOptions = {}, option = 'guard'): AddressGuard {
  knownKeys(option, options, keys)
  const allowPrivate = flag(`${option}.allowPrivate`, options.allowPrivate, false)
  const allow = compileDestinations(`${option}.allow`, options.allow)
  const deny = compileDestinations(`${option}.deny`, options.deny)
  const only = options.only === undefined ? undefined : compileDestinations(`${option}.only`, options.only)
  const { own } = options
  if (own !== undefined && typeof own !== 'function') {
    throw new OptionError(`${option}.own`, own, 'give a function that returns the listeners')
  }

  function refusesHost(host: string, port: number): string | undefined {
    if (deny.hasHost(host, port)) return `${host} is denied`
    if (only !== undefined && !only.byAddress && !only.hasHost(host, port)) return notListed(host)
    return undefined
  }

  /** Why not; undefined when it is allowed. */
  function refuses(host: string, address: string, port: number): string | undefined {
    const inner = embeddedIpv4(address)
    if (own !== undefined && (isOwn(address, port, own()) || (inner !== undefined && isOwn(inner, port, own())))) {
      return 'it is a listener of our own'
    }
    if (deny.hasAddress(address, port) || (inner !== undefined && deny.hasAddress(inner, port))) return 'it is denied'
    if (only !== undefined && !only.hasHost(host, port) && !only.hasAddress(address, port)) return notListed(address)
    const { kind, name, block } = classify(address)
    if (kind === 'public') return undefined
    if (kind !== 'invalid' && allow.hasAddress(address, port)) return undefined
    if (near.has(kind) && (allowPrivate || allow.hasHost(host, port))) return undefined
    return block === '' ? name : `${name} (${block})`
  }

  return {
    refusesHost,
    check(host, addresses, port) {
      const hostWhy = refusesHost(host, port)
      const allowed: string[] = []
      const refused: RefusedAddress[] = []
      for (const given of addresses) {
        const address = normaliseAddress(given)
        // A zone id is dropped by normaliseAddress; with it the address would be another.
        const why = hostWhy ?? refuses(host, given.includes('%') ? given : address, port)
        if (why !== undefined) refused.push({ address: given, why })
        else if (!allowed.includes(address)) allowed.push(address)
      }
      return { allowed, refused }
    },
  }
}

/** The refusal of a destination. The reason is for the log: a client must not learn where a name leads inside. */
export function deniedError(host: string, port: number, refused: readonly RefusedAddress[]): ProxyError {
  const reasons = refused.map(({ address, why }) => `${address}: ${why}`).join('; ')
  return new ProxyError('SP_DENIED', `${bracketed(host)}:${port} is not to be reached: ${reasons}`)
}

const notListed = (what: string): string => `${what} is not among 'only'`
