import type { Socket } from 'node:net'
import { ProxyError } from '../contract/errors.ts'

/** What is due on a connection. */
export interface HeadGuard {
  /** A request goes out: the next bytes begin an answer. */
  expectHead(): void
}

const maxHeld = 16 * 1024
const maxContinues = 16
const headEnd = Buffer.from('\r\n\r\n')

/**
 * Looks at the first bytes of each answer before undici does, for two things that it cannot be taught. It kills the
 * connection for a 100 that nobody asked for, where RFC 9110 15.2 has a client parse and ignore it; and it takes
 * `HTTP/2.0 200` for an answer, where RFC 9112 2.3 knows one major version.
 */
export function guardHeads(socket: Socket, name: string): HeadGuard {
  const read = socket.read
  let due = false
  let held: Buffer | undefined
  let continues = 0

  socket.read = function readPastContinue(size?: number): Buffer | null {
    const chunk: Buffer | null = read.call(socket, size)
    if (!due || chunk === null) return chunk
    // Nearly always: `HTTP/1.1 2`, `3`, `4` or `5`.
    if (held === undefined && chunk.length > 12 && chunk[5] === 0x31 && chunk[9] !== 0x31) {
      due = false
      return chunk
    }
    let data = held === undefined ? chunk : Buffer.concat([held, chunk])
    held = undefined
    while (data.length > 0) {
      if (!beginsOtherVersion(data) && !mayBegin100(data)) {
        due = false
        return data
      }
      if (beginsOtherVersion(data)) return refuse('an HTTP version other than 1')
      const end = data.length < 12 ? -1 : data.indexOf(headEnd)
      if (end === -1) {
        if (data.length > maxHeld) return refuse('an endless 100')
        held = data
        return null
      }
      if (++continues > maxContinues) return refuse(`more than ${maxContinues} times 100`)
      data = data.subarray(end + headEnd.length)
    }
    return null
  }

  function refuse(what: string): null {
    due = false
    socket.destroy(new ProxyError('SP_UPSTREAM_PROTOCOL', `${name}: ${what}`))
    return null
  }

  return {
    expectHead() {
      due = true
      held = undefined
      continues = 0
    },
  }
}

/** `HTTP/` and a digit that is not 1. */
function beginsOtherVersion(data: Buffer): boolean {
  return data.length > 5 && data.toString('latin1', 0, 5) === 'HTTP/' && data[5] !== 0x31
}

/** `HTTP/1.1 100`, or as much of it as has come. */
function mayBegin100(data: Buffer): boolean {
  const shown = data.toString('latin1', 0, Math.min(12, data.length))
  return 'HTTP/1.1 100'.startsWith(shown) || 'HTTP/1.0 100'.startsWith(shown)
}
