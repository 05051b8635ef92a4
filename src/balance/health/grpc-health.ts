/** Path of the method, https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export const healthMethod = '/grpc.health.v1.Health/Check'

/** Names of `HealthCheckResponse.ServingStatus`, by their numbers. */
export const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const

/** `HealthCheckRequest { string service = 1 }` as one gRPC message: no compression, four bytes of length, the message. */
export function encodeHealthRequest(service: string): Buffer {
  const name = Buffer.from(service)
  // proto3: a field that has its default is not written.
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name])
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** Number of the status in `HealthCheckResponse { ServingStatus status = 1 }`; undefined for what is no such message. */
export function decodeHealthResponse(body: Buffer): number | undefined {
  // Compressed is never right: no encoding was offered.
  if (body.length < 5 || body[0] !== 0 || body.readUInt32BE(1) !== body.length - 5) return undefined
  const reader = { bytes: body.subarray(5), at: 0 }
  let status = 0
  while (reader.at < reader.bytes.length) {
    const tag = readVarint(reader)
    if (tag === undefined) return undefined
    if (tag === 0x08) {
      const value = readVarint(reader)
      if (value === undefined) return undefined
      status = value
    } else if (!skip(reader, tag & 7)) {
      return undefined
    }
  }
  return status
}

interface Reader {
  readonly bytes: Buffer
  at: number
}

function varint(value: number): number[] {
  const bytes: number[] = []
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80)
  return [...bytes, value]
}

function readVarint(reader: Reader): number | undefined {
  let value = 0
  // Ten bytes hold 64 bits; past 2^53 the number is not exact, and none that is meant.
  for (let i = 0; i < 10; i++) {
    const byte = reader.bytes[reader.at++]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return value
  }
  return undefined
}

/** A field that is newer than we are. */
function skip(reader: Reader, wireType: number): boolean {
  if (wireType === 0) return readVarint(reader) !== undefined
  const length = wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === 2 ? readVarint(reader) : undefined
  if (length === undefined) return false
  reader.at += length
  return reader.at <= reader.bytes.length
}
