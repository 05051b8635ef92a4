import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../contract/clock.ts'
import type { ProxyError } from '../../contract/errors.ts'
import { converse, type Dialogue, type HandshakeFault } from './converse.ts'
import { HopError } from './hop-error.ts'
import { httpConnect } from './http-connect.ts'
import type { Parent } from './parent.ts'
import { socks4Connect } from './socks4-connect.ts'
import { socks5Connect } from './socks5-connect.ts'
import { secure } from './tls-hop.ts'

/** Opens a connection. Calls back once, not after it has been cancelled. */
export type Dial = (
  host: string,
  port: number,
  callback: (error: ProxyError | null, socket: Duplex | null) => void,
) => () => void

/** Finds one address of a name. Calls back once, not after it has been cancelled. */
export type Resolve = (
  host: string,
  family: 0 | 4,
  callback: (error: ProxyError | null, address: string | null) => void,
) => () => void

export interface ChainTools {
  readonly clock: Clock
  /** To the first parent. The guard for targets is not for it: a parent may well have a private address. */
  readonly dial: Dial
  /** For `socks5` and `socks4`, which resolve targets here. The guard for targets belongs into it. */
  readonly resolve: Resolve
  /** Milliseconds for all of the way. 0 is no limit. */
  readonly timeout: number
}

export interface Destination {
  /** Canonical, without brackets. */
  readonly host: string
  readonly port: number
}

/**
 * Opens a way through parents: each is asked to connect to the next one, the last one to the target.
 * @param hops at least one
 * @param target undefined ends the way at the last parent itself, TLS included: to send it a request in absolute-form
 * @param callback called once, unless cancelled; what the far side said early is still in the socket. The error is a
 *   HopError, and no socket is left open
 * @returns cancels, at every stage
 */
export function dialChain(
  hops: readonly Parent[],
  target: Destination | undefined,
  tools: ChainTools,
  callback: (error: HopError | null, socket: Duplex | null) => void,
): () => void {
  let hop = 0
  /** What ends the step that is under way, its socket included. */
  let cancelStep: (() => void) | undefined
  /** Open, and in no step's hands. */
  let held: Duplex | undefined
  /** Is it the parent's fault when nothing comes now? */
  let owes = always
  let done = false

  const timer =
    tools.timeout > 0
      ? tools.clock.setTimer(() => {
          fail({ code: 'SP_CONNECT_TIMEOUT', detail: `no way within ${tools.timeout} ms`, parentFailed: owes() })
        }, tools.timeout)
      : undefined

  function stop(): boolean {
    if (done) return false
    done = true
    if (timer !== undefined) tools.clock.clearTimer(timer)
    cancelStep?.()
    held?.destroy()
    return true
  }

  function fail({ code, detail, parentFailed, cause }: HandshakeFault): void {
    const parent = (hops[hop] as Parent).name
    if (stop()) callback(new HopError(code, hop, parent, parentFailed, detail, cause), null)
  }

  function failWith(error: ProxyError, parentFailed: boolean): void {
    fail({ code: error.code, detail: error.message, parentFailed, cause: error.cause })
  }

  /** Runs a step that calls back once, perhaps at once. What comes after the end is for nobody. */
  function step<T>(
    run: (callback: (error: T, result?: Duplex | string | null) => void) => () => void,
    then: Then<T>,
  ): void {
    let over = false
    const cancel = run((error, result) => {
      if (over || done) {
        if (typeof result === 'object') result?.destroy()
        return
      }
      over = true
      cancelStep = undefined
      then(error, result)
    })
    if (over) return
    if (done) cancel()
    else cancelStep = cancel
  }

  function connect(): void {
    const { host, port } = hops[0] as Parent
    step<ProxyError | null>(
      (back) => tools.dial(host, port, back),
      (error, socket) => (error === null ? reached(socket as Duplex) : failWith(error, true)),
    )
  }

  /** There is a connection to hop `hop`. */
  function reached(socket: Duplex): void {
    const parent = hops[hop] as Parent
    // Between two owners it may break with nobody listening: whoever takes it next finds it closed.
    socket.on('error', ignore)
    if (parent.scheme !== 'https') {
      speak(socket)
    } else {
      step<HandshakeFault | null>(
        (back) => secure(socket, parent, back),
        (fault, secured) => (fault === null ? speak(secured as Duplex) : fail(fault)),
      )
    }
  }

  function speak(socket: Duplex): void {
    held = socket
    const next = hops[hop + 1] ?? target
    const { scheme } = hops[hop] as Parent
    // The name of a parent in between need not mean anything here.
    const isNamedHere = scheme === 'socks4' || (scheme === 'socks5' && hops[hop + 1] === undefined)
    if (next === undefined) {
      arrived()
    } else if (!isNamedHere || isIP(next.host) !== 0) {
      ask(socket, next.host, next.port)
    } else {
      owes = never
      step<ProxyError | null>(
        (back) => tools.resolve(next.host, scheme === 'socks4' ? 4 : 0, back),
        (error, address) => (error === null ? ask(socket, address as string, next.port) : failWith(error, false)),
      )
    }
  }

  function ask(socket: Duplex, host: string, port: number): void {
    const dialogue = dialogueWith(hops[hop] as Parent, host, port)
    if (dialogue === undefined) {
      fail({ code: 'SP_BAD_TARGET', detail: 'its protocol cannot name that host', parentFailed: false })
    } else {
      held = undefined
      owes = dialogue.owes
      step<HandshakeFault | null>(
        (back) => converse(socket, dialogue, back),
        (fault) => answered(socket, fault),
      )
    }
  }

  function answered(socket: Duplex, fault: HandshakeFault | null): void {
    owes = always
    if (fault !== null) {
      fail(fault)
    } else if (++hop < hops.length) {
      reached(socket)
    } else {
      held = socket
      arrived()
    }
  }

  function arrived(): void {
    const socket = held as Duplex
    held = undefined
    if (stop()) callback(null, socket)
  }

  connect()
  return () => {
    stop()
  }
}

type Then<T> = (error: T, result?: Duplex | string | null) => void

function dialogueWith({ scheme, credentials }: Parent, host: string, port: number): Dialogue | undefined {
  if (scheme === 'http' || scheme === 'https') return httpConnect(host, port, credentials)
  return scheme.startsWith('socks5') ? socks5Connect(host, port, credentials) : socks4Connect(host, port, credentials)
}

const always = (): boolean => true
const never = (): boolean => false
const ignore = (): void => {}
