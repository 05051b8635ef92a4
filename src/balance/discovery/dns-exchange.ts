import { randomInt } from 'node:crypto'
import dgram from 'node:dgram'
import net from 'node:net'
import { type DecodedPacket, decode, encode, RECURSION_DESIRED } from 'dns-packet'
import { type Bounds, boundedWait, coded } from './bounded-wait.ts'
import type { RecordKind } from './dns-failure.ts'
import type { DnsServer } from './dns-settings.ts'

/** One question to one server; `timeout` is for each of UDP and TCP. */
export interface DnsQuestion extends Bounds {
  readonly name: string
  readonly type: RecordKind
  readonly server: DnsServer
}

/** Datagrams that are no answer to the question, after which one believes that somebody guesses, and asks over TCP. */
const mostWrong = 16

/**
 * Asks over UDP; over TCP when the answer was cut short. Each question has its own socket, so its own random port, and a
 * random id (RFC 5452); an answer must come from the server asked and repeat id and question.
 * @throws the system's error, or one with the code `TIMEOUT`, `ABORTED` or `MALFORMED`
 */
export async function dnsExchange(question: DnsQuestion): Promise<DecodedPacket> {
  const answer = await overUdp(question)
  return answer === undefined || answer.flag_tc ? overTcp(question) : answer
}

interface Query {
  readonly bytes: Buffer
  /** Undefined for what is no answer to it. */
  accept(bytes: Buffer): DecodedPacket | undefined
}

function createQuery({ name, type }: DnsQuestion): Query {
  // Not the engine's own chance, which a test may foretell: a forger must not.
  const id = randomInt(65_536)
  return {
    bytes: encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [{ name, type }] }),
    accept(bytes) {
      try {
        const packet = decode(bytes)
        const [echo, more] = packet.questions ?? []
        const ours = echo !== undefined && more === undefined && echo.type === type && sameName(echo.name, name)
        return packet.type === 'response' && packet.id === id && ours ? packet : undefined
      } catch {
        return undefined
      }
    },
  }
}

/** Names are compared without regard to case or the last dot (RFC 4343). */
function sameName(a: string, b: string): boolean {
  return canonicalName(a) === canonicalName(b)
}

export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

/** Undefined: too much came that was no answer. */
function overUdp(question: DnsQuestion): Promise<DecodedPacket | undefined> {
  const { server } = question
  const query = createQuery(question)
  const socket = dgram.createSocket(net.isIPv6(server.address) ? 'udp6' : 'udp4').unref()
  return boundedWait(question, (done, fail) => {
    let wrong = 0
    socket.on('error', fail)
    socket.on('message', (bytes) => {
      const packet = query.accept(bytes)
      if (packet !== undefined || ++wrong === mostWrong) done(packet)
    })
    // Connected: the kernel drops what comes from elsewhere, and tells of a port where nothing listens.
    socket.connect(server.port, server.address, (error?: Error | null) => {
      if (error) return fail(error)
      socket.send(query.bytes, (failed) => {
        if (failed) fail(failed)
      })
    })
    return () => socket.close()
  })
}

function overTcp(question: DnsQuestion): Promise<DecodedPacket> {
  const { server } = question
  const query = createQuery(question)
  const socket = net.connect({ host: server.address, port: server.port }).unref()
  return boundedWait(question, (done, fail) => {
    // RFC 1035 4.2.2: two bytes of length before the message, which bounds it too.
    let read: Buffer = Buffer.alloc(0)
    socket.on('error', fail)
    socket.on('close', () => fail(coded('MALFORMED', 'the connection ended before the answer')))
    socket.on('data', (chunk: Buffer) => {
      read = Buffer.concat([read, chunk])
      if (read.length < 2) return
      const end = 2 + read.readUInt16BE(0)
      if (read.length < end) return
      const packet = query.accept(read.subarray(2, end))
      if (packet === undefined) fail(coded('MALFORMED', 'what came is no answer to the question'))
      else done(packet)
    })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(query.bytes.length)
    socket.write(Buffer.concat([length, query.bytes]))
    return () => socket.destroy()
  })
}
