import type { Duplex } from 'node:stream'
import type { ErrorCode } from '../../contract/errors.ts'
import { answerError } from '../../upstream/failure.ts'

/** What a parent's answer comes to, when it is no tunnel. */
export interface HandshakeFault {
  readonly code: ErrorCode
  /** For the log: our own words and numbers, no text of the parent's. */
  readonly detail: string
  /** False when the parent does its work, and the target is the matter. */
  readonly parentFailed: boolean
  readonly cause?: unknown
}

/** Our side of a handshake with a parent. */
export interface Dialogue {
  /** What we say first. */
  readonly opening: Buffer
  /**
   * Takes what came. May write to the socket.
   * @returns where in `chunk` the tunnel begins, -1 when more must come, or what went wrong
   */
  hear(chunk: Buffer, say: (bytes: Buffer) => void): number | HandshakeFault
  /**
   * The parent is silent where it has nothing to wait for. Where it may be waiting for the target, silence is not held
   * against it: a client could have it taken out of use by asking for targets that do not answer.
   */
  owes(): boolean
}

/**
 * Holds a dialogue on a connected socket. What comes behind the handshake is put back for the tunnel. On failure and on
 * cancel the socket is destroyed.
 * @param callback called once, unless cancelled
 */
export function converse(
  socket: Duplex,
  dialogue: Dialogue,
  callback: (fault: HandshakeFault | null) => void,
): () => void {
  let done = false

  function finish(fault: HandshakeFault | null): void {
    if (done) return
    done = true
    socket.off('readable', onReadable)
    socket.off('end', onEnd)
    socket.off('close', onEnd)
    socket.off('error', onError)
    // One more error may come from a socket that is closed, or before the next owner listens.
    socket.on('error', ignore)
    if (fault !== null) socket.destroy()
    callback(fault)
  }

  function onReadable(): void {
    while (!done) {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      const heard = dialogue.hear(chunk, say)
      if (typeof heard !== 'number') {
        finish(heard)
      } else if (heard !== -1) {
        if (heard < chunk.length) socket.unshift(chunk.subarray(heard))
        finish(null)
      }
    }
  }

  function onEnd(): void {
    finish({ code: 'SP_UPSTREAM_RESET', detail: 'closed during the handshake', parentFailed: true })
  }

  function onError(error: Error): void {
    const { code, cause } = answerError(error, '')
    finish({ code, detail: `broke during the handshake: ${error.message}`, parentFailed: true, cause })
  }

  const say = (bytes: Buffer): void => {
    socket.write(bytes)
  }

  socket.on('readable', onReadable)
  socket.on('end', onEnd)
  socket.on('close', onEnd)
  socket.on('error', onError)
  if (socket.destroyed) process.nextTick(onEnd)
  else socket.write(dialogue.opening)

  return () => {
    if (done) return
    callback = ignore
    finish({ code: 'SP_CLIENT_GONE', detail: 'cancelled', parentFailed: false })
  }
}

const ignore = (): void => {}
