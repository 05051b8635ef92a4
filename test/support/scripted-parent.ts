import { once } from 'node:events'
import net from 'node:net'
import type { TestContext } from 'node:test'

/** A server that says what a test has it say, as no real proxy would. */
export interface ScriptedParent {
  readonly port: number
  /** All that has come, one character a byte. */
  heard(): string
  /** Connections that stand. */
  open(): number
}

/**
 * Listens on loopback, and answers the n-th chunk that comes with the n-th reply; with more replies than chunks, it waits.
 * @param pieces true writes replies byte by byte
 */
export async function scriptedParent(
  t: TestContext,
  replies: readonly (string | Buffer)[],
  pieces = false,
): Promise<ScriptedParent> {
  let heard = ''
  const sockets = new Set<net.Socket>()
  const server = net
    .createServer((socket) => {
      sockets.add(socket)
      let turn = 0
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
      socket.on('data', async (chunk: Buffer) => {
        heard += chunk.toString('latin1')
        const reply = replies[turn++]
        if (reply === undefined) return
        const bytes = typeof reply === 'string' ? Buffer.from(reply, 'latin1') : reply
        if (!pieces) socket.write(bytes)
        else
          for (const byte of bytes) {
            socket.write(Buffer.from([byte]))
            await new Promise(setImmediate)
          }
      })
    })
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as net.AddressInfo).port, heard: () => heard, open: () => sockets.size }
}
