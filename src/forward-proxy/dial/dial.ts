import { isIP, type Socket, type TcpNetConnectOpts } from 'node:net'
import type { Clock, Timer } from '../../contract/clock.ts'
import { ProxyError } from '../../contract/errors.ts'
import { connectError } from '../../upstream/failure.ts'
import { type AddressGuard, deniedError, type RefusedAddress } from '../guard/address-guard.ts'
import { bracketed } from '../target/canonical-host.ts'
import { AttemptOrder } from './attempt-order.ts'
import type { Resolver, Waiter } from './resolver.ts'

/** Where to go. A `ForwardTarget` is one. */
export interface DialTarget {
  /** Canonical: lower case, no brackets, no trailing dot. */
  readonly host: string
  readonly port: number
  /** The host, when it is a literal address. */
  readonly address?: string | undefined
}

export type DialCallback = (error: ProxyError | null, socket: Socket | null) => void

export interface DialMeans {
  readonly clock: Clock
  readonly resolver: Resolver
  readonly guard: AddressGuard
  readonly connectTimeout: number
  readonly attemptDelay: number
  readonly connect: (options: TcpNetConnectOpts) => Socket
  over(dial: Dial): void
}

/** One dial, from the name to the socket. */
export class Dial implements Waiter {
  readonly #target: DialTarget
  readonly #localAddresses: readonly string[] | undefined
  readonly #means: DialMeans
  readonly #callback: DialCallback
  readonly #order = new AttemptOrder()
  readonly #refused: RefusedAddress[] = []
  /** Each with what takes our listeners off it. */
  readonly #attempts = new Map<Socket, () => void>()
  /** Until the next address may be tried. */
  #delay: Timer | undefined
  #timeout: Timer | undefined
  #leaveResolver: (() => void) | undefined
  #lookedUp = false
  #dnsError: ProxyError | null = null
  #connectError: ProxyError | undefined
  #over = false

  constructor(
    target: DialTarget,
    localAddresses: readonly string[] | undefined,
    means: DialMeans,
    callback: DialCallback,
  ) {
    this.#target = target
    this.#localAddresses = localAddresses
    this.#means = means
    this.#callback = callback
  }

  start(): void {
    const { host, port, address } = this.#target
    const { guard, resolver } = this.#means
    const why = guard.refusesHost(host, port)
    if (why !== undefined) {
      this.fail(deniedError(host, port, [{ address: host, why }]))
    } else if (address !== undefined || isIP(host) !== 0) {
      this.found([address ?? host])
      this.end(null)
    } else {
      const leave = resolver.resolve(host, this)
      if (this.#over) leave()
      else this.#leaveResolver = leave
    }
  }

  found(addresses: readonly string[]): void {
    if (this.#over) return
    const { host, port } = this.#target
    const { allowed, refused } = this.#means.guard.check(host, addresses, port)
    this.#refused.push(...refused)
    this.#order.add(allowed)
    if (this.#delay === undefined) this.#next()
  }

  end(error: ProxyError | null): void {
    this.#lookedUp = true
    this.#dnsError = error
    this.#settle()
  }

  /** Without a word. */
  cancel(): void {
    this.#finish()
  }

  fail(error: ProxyError): void {
    if (this.#finish()) this.#callback(error, null)
  }

  /** Tries the next address, beside those that are being tried. */
  #next(): void {
    const { clock, attemptDelay, connectTimeout } = this.#means
    this.#stopDelay()
    const address = this.#order.take()
    if (address === undefined) {
      this.#settle()
      return
    }
    this.#timeout ??= clock.setTimer(() => this.#expire(), connectTimeout)
    // First, for an attempt may fail at once.
    this.#delay = clock.setTimer(() => {
      this.#delay = undefined
      this.#next()
    }, attemptDelay)
    this.#attempt(address)
  }

  #attempt(address: string): void {
    const { port } = this.#target
    const family = isIP(address)
    const localAddress = this.#localAddresses?.find((local) => isIP(local) === family)
    if (this.#localAddresses !== undefined && localAddress === undefined) {
      this.#failed(new ProxyError('SP_CONNECT_FAILED', `${address}: no local address of IPv${family} to dial from`))
      return
    }
    let socket: Socket
    try {
      socket = this.#means.connect({
        host: address,
        port,
        family,
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: 60_000,
        ...(localAddress === undefined ? {} : { localAddress }),
      })
    } catch (error) {
      this.#failed(connectError(error, nameOf(address, port)))
      return
    }
    const onConnect = (): void => this.#won(socket)
    const onError = (error: Error): void => this.#lost(socket, connectError(error, nameOf(address, port)))
    const onClose = (): void =>
      this.#lost(socket, new ProxyError('SP_CONNECT_FAILED', `${nameOf(address, port)}: closed while connecting`))
    socket.once('connect', onConnect)
    socket.on('error', onError)
    socket.once('close', onClose)
    this.#attempts.set(socket, () => {
      socket.off('connect', onConnect)
      socket.off('close', onClose)
      socket.off('error', onError)
    })
  }

  #won(socket: Socket): void {
    this.#attempts.get(socket)?.()
    this.#attempts.delete(socket)
    if (this.#finish()) this.#callback(null, socket)
    else discard(socket)
  }

  #lost(socket: Socket, error: ProxyError): void {
    this.#attempts.get(socket)?.()
    if (!this.#attempts.delete(socket)) return
    discard(socket)
    this.#failed(error)
  }

  /** RFC 8305 section 5: after a failure the next address need not wait. */
  #failed(error: ProxyError): void {
    if (this.#over) return
    // "Refused" says more than that there is no way to the other family.
    if (this.#connectError?.code !== 'SP_CONNECT_REFUSED') this.#connectError = error
    this.#next()
  }

  #settle(): void {
    if (this.#over || !this.#lookedUp || !this.#order.empty || this.#attempts.size > 0) return
    const { host, port } = this.#target
    const none = this.#dnsError ?? new ProxyError('SP_DNS', `${host} has no addresses`)
    const denied = this.#refused.length === 0 ? none : deniedError(host, port, this.#refused)
    this.fail(this.#connectError ?? denied)
  }

  #expire(): void {
    const { host, port } = this.#target
    const { connectTimeout } = this.#means
    this.fail(new ProxyError('SP_CONNECT_TIMEOUT', `${nameOf(host, port)}: no connection within ${connectTimeout} ms`))
  }

  #stopDelay(): void {
    if (this.#delay !== undefined) this.#means.clock.clearTimer(this.#delay)
    this.#delay = undefined
  }

  /** False when it was over before. */
  #finish(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#stopDelay()
    if (this.#timeout !== undefined) this.#means.clock.clearTimer(this.#timeout)
    this.#leaveResolver?.()
    for (const [socket, off] of this.#attempts) {
      off()
      discard(socket)
    }
    this.#attempts.clear()
    this.#means.over(this)
    return true
  }
}

const ignore = (): void => {}

function discard(socket: Socket): void {
  // A second error may still come, and must not be unhandled.
  socket.on('error', ignore)
  socket.destroy()
}

const nameOf = (host: string, port: number): string => `${bracketed(host)}:${port}`
