import { once } from 'node:events'
import net from 'node:net'
import type { TestContext } from 'node:test'

/** One connection, by bytes. */
export interface Wire {
  readonly socket: net.Socket
  /** Everything that has come, one character a byte. */
  text(): string
  /** Resolves with all that has come as soon as it matches; rejects when the connection closes first. */
  until(what: RegExp): Promise<string>
  /** All that came, when the connection is closed. */
  readonly closed: Promise<string>
  /** Code of the socket error, if it broke. */
  error(): string | undefined
}

const patience = 10_000

export function wireOf(socket: net.Socket): Wire {
  let text = ''
  let error: string | undefined
  const watchers = new Set<() => void>()
  const changed = (): void => {
    for (const watcher of watchers) watcher()
  }
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    changed()
  })
  socket.on('error', (failure: NodeJS.ErrnoException) => {
    error = failure.code
  })
  const closed = new Promise<string>((resolve) => {
    socket.on('close', () => {
      changed()
      resolve(text)
    })
  })
  return {
    socket,
    text: () => text,
    closed,
    error: () => error,
    until(what) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => finish(new Error(`no ${what} within 10 s in ${JSON.stringify(text)}`)), patience)
        const finish = (result?: Error): void => {
          clearTimeout(timer)
          watchers.delete(look)
          if (result === undefined) resolve(text)
          else reject(result)
        }
        const look = (): void => {
          if (what.test(text)) finish()
          else if (socket.destroyed) finish(new Error(`closed before ${what}: ${JSON.stringify(text)}`))
        }
        watchers.add(look)
        look()
      })
    },
  }
}

/** Connects and sends `text`, one byte a character. */
export async function say(t: TestContext, port: number, text: string, allowHalfOpen = false): Promise<Wire> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen })
  const wire = wireOf(socket)
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  if (text !== '') socket.write(text, 'latin1')
  return wire
}

export interface RawOrigin {
  readonly port: number
  readonly url: string
  /** Every connection so far, oldest first. */
  readonly connections: readonly Wire[]
  /** The connection of that number, now or later. */
  connection(index: number): Promise<Wire>
}

/** An origin by bytes. `answer` runs when the head of the first request of a connection is complete. */
export async function rawOrigin(
  t: TestContext,
  answer: (socket: net.Socket, head: string, wire: Wire) => void = () => {},
  allowHalfOpen = false,
): Promise<RawOrigin> {
  const connections: Wire[] = []
  const server = net.createServer({ allowHalfOpen }, (socket) => {
    const wire = wireOf(socket)
    connections.push(wire)
    wire.until(/\r\n\r\n/).then(
      (text) => answer(socket, text.slice(0, text.indexOf('\r\n\r\n') + 2), wire),
      () => {},
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const { socket } of connections) socket.destroy()
    server.close()
  })
  const { port } = server.address() as net.AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    connections,
    async connection(index) {
      await eventually(() => connections.length > index, `connection ${index} at the origin`)
      return connections[index] as Wire
    },
  }
}

/** Waits for a condition, for ten seconds at most. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  const until = performance.now() + patience
  while (!holds()) {
    if (performance.now() > until) throw new Error(`never came: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Keeps an origin that answers in JSON what came. For `rawOrigin`. */
export const answers =
  (text: string) =>
  (socket: net.Socket): void => {
    socket.write(text, 'latin1')
  }
