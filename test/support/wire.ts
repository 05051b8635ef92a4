import net, { type AddressInfo, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { until } from './until.ts'

/** One connection, byte for byte. */
export interface Wire {
  readonly socket: Socket
  send(text: string): void
  /** All that has come, as latin1. */
  text(): string
  /** Waits for a match in what comes. */
  says(what: RegExp): Promise<RegExpExecArray>
  /** Waits for the other side's end, or for the connection to break. */
  ended(): Promise<void>
  readonly over: boolean
}

/** Connects to a port of this machine; destroyed with the test. */
export async function openWire(t: TestContext, port: number): Promise<Wire> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  t.after(() => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return wireOf(socket)
}

/** A server that sees each connection byte for byte; closed with the test. */
export async function listenWire(
  t: TestContext,
  onWire: (wire: Wire, index: number) => void,
): Promise<{ port: number; url: string; wires: readonly Wire[] }> {
  const wires: Wire[] = []
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const wire = wireOf(socket)
    wires.push(wire)
    onWire(wire, wires.length - 1)
  })
  t.after(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const { socket } of wires) socket.destroy()
    await closed
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}`, wires }
}

/** A port of 127.0.0.1 where nobody listens. */
export async function deadPort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Answers each request head on the wire, in turn, with what `answer` gives; heads only, for requests without content. */
export function answerHeads(wire: Wire, answer: (head: string, index: number) => string): void {
  let seen = 0
  let index = 0
  wire.socket.on('data', () => {
    for (;;) {
      const end = wire.text().indexOf('\r\n\r\n', seen)
      if (end === -1) return
      const head = wire.text().slice(seen, end + 4)
      seen = end + 4
      const reply = answer(head, index++)
      if (reply !== '') wire.send(reply)
    }
  })
}

function wireOf(socket: Socket): Wire {
  let text = ''
  let over = false
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('end', () => {
    over = true
  })
  socket.on('close', () => {
    over = true
  })
  socket.on('error', () => {})
  return {
    socket,
    send: (bytes) => void socket.write(bytes, 'latin1'),
    text: () => text,
    async says(what) {
      await until(
        () => what.test(text),
        () => `${what} in ${JSON.stringify(text)}`,
      )
      return what.exec(text) as RegExpExecArray
    },
    async ended() {
      await until(() => over, 'the end of the connection')
    },
    get over() {
      return over
    },
  }
}
