import { crc32 } from 'node:zlib'

/**
 * A file of the store: a header, the head as JSON, the content in blocks. Each block is followed by its checksum, so that
 * any range is verified with what is read anyway. Integers are big-endian.
 *
 *     0   8  magic            22  6  serial of the entry
 *     8   4  version          28  4  CRC-32 of bytes 0 to 27 and of the JSON
 *     12  4  bytes of JSON    32  n  JSON, then blocks: up to 64 KiB of content and 4 bytes of CRC-32 each
 *     16  6  bytes of content
 *
 * The side file that holds a newer head is the same without blocks.
 */
export const formatVersion = 1
export const headerBytes = 32
/** Content in one block; the last may have less. */
export const blockBytes = 65536
export const checksumBytes = 4
/** A longer head is not stored. */
export const maxHeadBytes = 262144

const magic = Buffer.from('sallycch', 'latin1')

export interface FileHeader {
  readonly headBytes: number
  readonly size: number
  readonly serial: number
}

/** Header and JSON, ready to be written. */
export function encodeHeader(json: string, size: number, serial: number): Buffer {
  const headBytes = Buffer.byteLength(json)
  const bytes = Buffer.allocUnsafe(headerBytes + headBytes)
  magic.copy(bytes, 0)
  bytes.writeUInt32BE(formatVersion, 8)
  bytes.writeUInt32BE(headBytes, 12)
  bytes.writeUIntBE(size, 16, 6)
  bytes.writeUIntBE(serial, 22, 6)
  bytes.write(json, headerBytes)
  bytes.writeUInt32BE(checksumOf(bytes), 28)
  return bytes
}

/** Reads the fixed part, which is `headerBytes` long. Undefined: not ours, another version, or senseless. */
export function decodeHeader(bytes: Buffer): FileHeader | undefined {
  if (bytes.length < headerBytes || magic.compare(bytes, 0, 8) !== 0) return undefined
  if (bytes.readUInt32BE(8) !== formatVersion) return undefined
  const headBytes = bytes.readUInt32BE(12)
  if (headBytes > maxHeadBytes) return undefined
  return { headBytes, size: bytes.readUIntBE(16, 6), serial: bytes.readUIntBE(22, 6) }
}

/** @param bytes exactly the header and its JSON */
export function isHeaderWhole(bytes: Buffer): boolean {
  return bytes.readUInt32BE(28) === checksumOf(bytes)
}

function checksumOf(bytes: Buffer): number {
  return crc32(bytes.subarray(headerBytes), crc32(bytes.subarray(0, 28)))
}

/** Checksum of a block. Bound to its entry and its place there: a block of elsewhere does not pass. */
export function blockChecksum(content: Buffer, serial: number, index: number): number {
  return crc32(content, (Math.imul(serial % 0x1_0000_0000, 0x9e3779b1) + index) >>> 0)
}

/** Bytes of the file. */
export function fileBytes(headBytes: number, size: number): number {
  return headerBytes + headBytes + size + Math.ceil(size / blockBytes) * checksumBytes
}

/** What a file takes on most file systems. */
export function roundedBytes(bytes: number): number {
  return Math.ceil(bytes / 4096) * 4096
}
