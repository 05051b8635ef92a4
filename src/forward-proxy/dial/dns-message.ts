import { decode, encode, type Packet, RECURSION_DESIRED } from 'dns-packet'
import { ProxyError } from '../../contract/errors.ts'
import type { FamilyAnswer } from './families.ts'

/** Bytes: RFC 8467 4.1, the block that queries are padded to, so that their length does not tell the name. */
const block = 128

/** The wire form of a question for DNS over HTTPS: id 0, so that caches can share it (RFC 8484 4.1); padded. */
export function encodeQuestion(host: string, family: 4 | 6): Buffer {
  const bare = encode(question(host, family, 0)).length
  return encode(question(host, family, (block - (bare % block)) % block))
}

/**
 * The addresses in an answer. The server is one that has proved who it is, so that its answer section is believed whole.
 * @param age seconds that the answer has been kept on its way (RFC 8484 5.1)
 * @throws ProxyError SP_DNS for what is no answer, or says that the server failed
 */
export function decodeAnswer(bytes: Buffer, host: string, family: 4 | 6, age: number): FamilyAnswer {
  const packet = decoded(bytes, host)
  const rcode = (packet.flags ?? 0) & 15
  const type = typeOf(family)
  if (rcode !== 0 && rcode !== nxdomain) {
    throw new ProxyError('SP_DNS', `${host}: the DNS server answered with response code ${rcode}`)
  }
  const addresses: string[] = []
  let ttl = Number.POSITIVE_INFINITY
  for (const answer of packet.answers ?? []) {
    if ('ttl' in answer) ttl = Math.min(ttl, answer.ttl ?? 0)
    if (answer.type === type) addresses.push(answer.data)
  }
  // RFC 2308 section 5: how long an absence holds.
  if (addresses.length === 0) ttl = absenceTtl(packet)
  return { addresses, ttl: Math.max(0, ttl - age) }
}

const nxdomain = 3
/** RFC 7830. */
const paddingOption = 12

const typeOf = (family: 4 | 6): 'A' | 'AAAA' => (family === 4 ? 'A' : 'AAAA')

function question(host: string, family: 4 | 6, length: number): Packet {
  return {
    type: 'query',
    id: 0,
    flags: RECURSION_DESIRED,
    questions: [{ type: typeOf(family), name: host }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: 4096,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [{ code: paddingOption, length }],
      },
    ],
  }
}

function decoded(bytes: Buffer, host: string): Packet {
  let packet: Packet
  try {
    packet = decode(bytes)
  } catch (error) {
    throw new ProxyError('SP_DNS', `${host}: the answer of the DNS server is malformed`, error)
  }
  const [echo] = packet.questions ?? []
  if (packet.type !== 'response' || echo?.name.toLowerCase() !== host) {
    throw new ProxyError('SP_DNS', `${host}: what the DNS server sent is no answer to the question`)
  }
  return packet
}

function absenceTtl(packet: Packet): number {
  for (const record of packet.authorities ?? []) {
    if (record.type === 'SOA') return Math.min(record.ttl ?? 0, record.data.minimum ?? 0)
  }
  return Number.POSITIVE_INFINITY
}
