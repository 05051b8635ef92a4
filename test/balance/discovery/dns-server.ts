import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
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

/** A DNS server on loopback, over UDP and TCP at one port. */
export async function dnsServer(reply: (asked: Asked) => Reply): Promise<DnsServer> {
  const asked: Asked[] = []
  const udp = dgram.createSocket('udp4')
  const tcp = net.createServer()
  const sockets = new Set<net.Socket>()

  function answer(bytes: Buffer, over: 'udp' | 'tcp', port: number, send: (bytes: Buffer) => void): void {
    const query = decode(bytes)
    const question = { ...(query.questions?.[0] as Question), over, id: query.id ?? 0, send, port }
    asked.push(question)
    const given = server.reply(question)
    if (given !== undefined) send(response(question, given))
  }

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

  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
  const { port } = udp.address()
  tcp.listen(port, '127.0.0.1')
  await once(tcp, 'listening')

  const server: DnsServer = {
    address: `127.0.0.1:${port}`,
    port,
    asked,
    get names() {
      return asked.map(({ type, name }) => `${type} ${name}`)
    },
    reply,
    async close() {
      udp.close()
      tcp.close()
      for (const socket of sockets) socket.destroy()
      await once(tcp, 'close')
    },
  }
  return server
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
