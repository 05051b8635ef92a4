import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import type { TestContext } from 'node:test'
import { type Answer, decode, encode, type Packet, type Question } from 'dns-packet'

/** What a test's DNS server is asked. */
export interface Asked extends Question {
  readonly over: 'udp' | 'tcp'
  readonly id: number
  /** Sends bytes as they are, before the answer. */
  send(bytes: Buffer): void
  /** Where the question came from. */
  readonly port: number
}

/** Response code, records; undefined answers nothing. */
export type Reply = { rcode?: number; flags?: number; answers?: Answer[]; additionals?: Answer[] } | undefined

export interface DnsServer {
  readonly address: string
  readonly port: number
  readonly asked: Asked[]
  /** `A api.test`, in order of asking. */
  readonly names: readonly string[]
  reply: (asked: Asked) => Reply
  close(): Promise<void>
}

export const servfail: Reply = { rcode: 2 }
export const nxdomain: Reply = { rcode: 3 }

/** A DNS server on loopback, over UDP and TCP at one port. Closed with the test. */
export async function dnsServer(t: TestContext, reply: (asked: Asked) => Reply): Promise<DnsServer> {
  const asked: Asked[] = []
  const sockets = new Set<net.Socket>()

  function answer(bytes: Buffer, over: 'udp' | 'tcp', port: number, send: (bytes: Buffer) => void): void {
    const query = decode(bytes)
    const question = { ...(query.questions?.[0] as Question), over, id: query.id ?? 0, send, port }
    asked.push(question)
    const given = server.reply(question)
    if (given !== undefined) send(response(question, given))
  }

  const [udp, tcp] = await bound()
  const { port } = udp.address()
  udp.on('message', (bytes, from) =>
    answer(bytes, 'udp', from.port, (reply) => udp.send(reply, from.port, from.address)),
  )
  tcp.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      answer(bytes.subarray(2), 'tcp', socket.remotePort ?? 0, (reply) => {
        const length = Buffer.alloc(2)
        length.writeUInt16BE(reply.length)
        // In two pieces, as a network may.
        socket.write(Buffer.concat([length, reply.subarray(0, 5)]))
        setImmediate(() => socket.write(reply.subarray(5)))
      })
    })
  })

  let closed: Promise<void> | undefined
  async function end(): Promise<void> {
    udp.close()
    tcp.close()
    for (const socket of sockets) socket.destroy()
    await once(tcp, 'close')
  }

  const server: DnsServer = {
    address: `127.0.0.1:${port}`,
    port,
    asked,
    get names() {
      return asked.map(({ type, name }) => `${type} ${name}`)
    },
    reply,
    close() {
      closed ??= end()
      return closed
    },
  }
  t.after(() => server.close())
  return server
}

/** One port for both: that which UDP was given may be taken for TCP. */
async function bound(): Promise<[dgram.Socket, net.Server]> {
  for (let i = 0; ; i++) {
    const udp = dgram.createSocket('udp4')
    const tcp = net.createServer()
    udp.bind(0, '127.0.0.1')
    await once(udp, 'listening')
    try {
      tcp.listen(udp.address().port, '127.0.0.1')
      await once(tcp, 'listening')
      return [udp, tcp]
    } catch (error) {
      udp.close()
      if (i === 20) throw error
    }
  }
}

/** Bytes of an answer to a question. */
export function response({ id, name, type }: Pick<Asked, 'id' | 'name' | 'type'>, given: NonNullable<Reply>): Buffer {
  const packet: Packet = {
    type: 'response',
    id,
    flags: (given.flags ?? 0) | (given.rcode ?? 0),
    questions: [{ name, type }],
    answers: given.answers ?? [],
    additionals: given.additionals ?? [],
  }
  return encode(packet)
}

export function a(name: string, data: string, ttl = 60): Answer {
  return { type: data.includes(':') ? 'AAAA' : 'A', name, ttl, data }
}

export function srv(name: string, target: string, port: number, priority = 0, weight = 0, ttl = 60): Answer {
  return { type: 'SRV', name, ttl, data: { target, port, priority, weight } }
}
