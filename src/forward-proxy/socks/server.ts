import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '../../contract/clock.ts'
import { ProxyError } from '../../contract/errors.ts'
import type { Refusal } from '../../contract/guard.ts'
import { grantedAnswer, refusalAnswer } from './answer.ts'
import { type SocksMessage, SocksReader, type SocksRequest } from './reader.ts'
import { method } from './wire.ts'

/** @typeParam I who the client is, once it has proved it */
export interface SocksServerOptions<I> {
  readonly clock: Clock
  /** Milliseconds until the request must be whole, the check of the password included. 0 is no limit. */
  readonly handshakeTimeout: number
  /**
   * Checks a user. Calls back with who it is, or undefined for a wrong one. With it, a client without user and password
   * gets nowhere; nor does SOCKS4, which has no password.
   */
  readonly authenticate?: (user: string, password: string, callback: (identity: I | undefined) => void) => void
  /** Opens the way to the target. Calls back once; returns what cancels it. Nothing is told to the client before. */
  readonly connect: (
    request: SocksRequest,
    identity: I | undefined,
    callback: (reason: ProxyError | Refusal | null, upstream: Duplex | null) => void,
  ) => () => void
}

/** How a handshake ended. */
export type SocksOutcome<I> =
  | {
      readonly reason: null
      readonly request: SocksRequest
      readonly identity: I | undefined
      /** The client has its yes. Join both with `splice` in the same turn; what the client has said early comes first. */
      readonly upstream: Duplex
    }
  | {
      /** The client has been told, and its socket closes by itself. SP_CLIENT_GONE when it left first. */
      readonly reason: ProxyError | Refusal
      readonly request: SocksRequest | undefined
      readonly identity: I | undefined
    }

/**
 * Speaks SOCKS5, SOCKS4 or SOCKS4a with a client, up to the tunnel or a refusal.
 * @param socket connected; nothing has been read of it, or what has been read was put back by `unshift`
 * @param callback called once; never after the returned function
 * @returns closes the client's socket and cancels what is under way
 */
export function socksServer<I>(
  socket: Duplex,
  options: SocksServerOptions<I>,
  callback: (outcome: SocksOutcome<I>) => void,
): () => void {
  const { clock, authenticate, handshakeTimeout } = options
  const reader = new SocksReader()
  let request: SocksRequest | undefined
  let identity: I | undefined
  let timer: Timer | undefined
  let cancelConnect: (() => void) | undefined
  let waiting = false
  let done = false

  // A client that half-closes gets its answer all the same.
  socket.allowHalfOpen = true
  socket.on('error', onGone)
  socket.on('close', onGone)
  socket.on('end', onGone)
  socket.on('readable', onReadable)
  if (handshakeTimeout > 0) timer = clock.setTimer(onTimeout, handshakeTimeout)
  if (socket.destroyed || socket.readableEnded) process.nextTick(onGone)

  // Bytes that are not for us yet stay in the socket, up to its high-water mark; but its end is looked for all the time.
  function onReadable(): void {
    while (!waiting && !done) {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      const rest = reader.take(chunk)
      const message = reader.message
      if (rest < chunk.length) socket.unshift(chunk.subarray(rest))
      if (message !== undefined) onMessage(message)
    }
    if (socket.readableLength === 0) socket.read(0)
  }

  function onMessage(message: SocksMessage): void {
    if (message.kind === 'greeting') greet(message.none, message.password)
    else if (message.kind === 'password') check(message.user, message.password)
    else if (message.kind === 'fault') refuse(new ProxyError('SP_BAD_REQUEST', message.detail), message.answer)
    else if (message.request.version === 4 && authenticate !== undefined)
      refuse(noPassword, refusalAnswer(4, noPassword))
    else open(message.request)
  }

  function greet(none: boolean, password: boolean): void {
    const wanted = authenticate === undefined ? method.none : method.password
    const offered = authenticate === undefined ? none : password
    if (offered) {
      socket.write(Buffer.from([5, wanted]))
      reader.expect(wanted === method.none ? 'request' : 'password')
    } else {
      const detail = authenticate === undefined ? 'nothing but a password' : 'no user and password'
      refuse(new ProxyError('SP_DENIED', `the client offers ${detail}`), Buffer.from([5, method.unacceptable]))
    }
  }

  function check(user: string, password: string): void {
    waiting = true
    let answered = false
    authenticate?.(user, password, (found) => {
      if (done || answered) return
      answered = true
      waiting = false
      if (found === undefined) {
        refuse(new ProxyError('SP_DENIED', 'wrong user or password'), wrongPassword)
      } else {
        identity = found
        socket.write(rightPassword)
        reader.expect('request')
        onReadable()
      }
    })
  }

  function open(to: SocksRequest): void {
    request = to
    waiting = true
    clearTimer()
    let answered = false
    const cancel = options.connect(to, identity, (reason, upstream) => {
      if (answered) return
      answered = true
      if (done) upstream?.destroy()
      else if (reason !== null) refuse(reason, refusalAnswer(to.version, reason))
      else if (upstream !== null) grant(to, upstream)
    })
    if (!answered) cancelConnect = cancel
    if (done && !answered) cancel()
  }

  function grant(to: SocksRequest, upstream: Duplex): void {
    detach()
    socket.write(grantedAnswer(to.version))
    callback({ reason: null, request: to, identity, upstream })
  }

  function refuse(reason: ProxyError | Refusal, answer: Buffer): void {
    detach()
    const drop = !(reason instanceof ProxyError) && reason.manner === 'drop'
    if (drop || answer.length === 0) socket.destroy()
    else partWith(socket, answer, clock)
    callback({ reason, request, identity })
  }

  function onTimeout(): void {
    timer = undefined
    detach()
    socket.destroy()
    callback({ reason: new ProxyError('SP_REQUEST_TIMEOUT', timeoutDetail), request, identity })
  }

  function onGone(): void {
    if (!leave()) return
    callback({ reason: new ProxyError('SP_CLIENT_GONE'), request, identity })
  }

  function leave(): boolean {
    if (done) return false
    detach()
    socket.destroy()
    const cancel = cancelConnect
    cancelConnect = undefined
    cancel?.()
    return true
  }

  function detach(): void {
    done = true
    clearTimer()
    socket.off('readable', onReadable)
    socket.off('end', onGone)
    socket.off('close', onGone)
    // Whoever takes the socket over listens for errors; one that is closed may still have one to tell.
    socket.off('error', onGone)
    socket.on('error', ignore)
  }

  function clearTimer(): void {
    if (timer !== undefined) clock.clearTimer(timer)
    timer = undefined
  }

  return () => {
    leave()
  }
}

/** Milliseconds for a client to take its refusal and go. */
const partingTime = 1000

/** Says the last word. A socket with unread bytes that is closed at once may take the word away with it (RST). */
function partWith(socket: Duplex, answer: Buffer, clock: Clock): void {
  const timer = clock.setTimer(() => socket.destroy(), partingTime)
  socket.once('close', () => clock.clearTimer(timer))
  socket.end(answer)
  socket.resume()
}

const rightPassword = Buffer.from([1, 0])
const wrongPassword = Buffer.from([1, 1])
const noPassword: Refusal = { code: 'SP_DENIED', status: 403, text: 'SOCKS4 has no password.' }
const timeoutDetail = 'the SOCKS handshake took too long'
const ignore = (): void => {}
