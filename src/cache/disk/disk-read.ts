import { Readable } from 'node:stream'
import { Deadline, stalled } from './deadline.ts'
import type { Disk } from './disk.ts'
import type { DiskEntry } from './disk-entry.ts'
import { blockBytes, blockChecksum, checksumBytes, headerBytes } from './file-format.ts'
import { entryPath } from './file-name.ts'
import { OpenFile } from './open-files.ts'

/** Blocks that one read takes, at most. */
const blocksAtOnce = 2
const stride = blockBytes + checksumBytes

/**
 * Content from byte `first` up to `end`, read as the reader takes it. Whole blocks are read, and none is given before its
 * checksum has been compared: where the file is not what was written, the stream ends in an error.
 */
export class DiskRead extends Readable {
  readonly #disk: Disk
  readonly #entry: DiskEntry
  readonly #end: number
  readonly #file: OpenFile
  /** The next byte of content to be given. */
  #at: number
  #pinned = true
  #giving = false
  /** Asked for more while chunks were being given. */
  #asked = false
  readonly #deadline: Deadline

  constructor(disk: Disk, entry: DiskEntry, first: number, end: number) {
    super({ highWaterMark: blockBytes })
    this.#disk = disk
    this.#entry = entry
    this.#at = first
    this.#end = end
    this.#file = new OpenFile(disk.files, entryPath(disk.path, entry.name, entry.serial), 'r')
    this.#deadline = new Deadline(disk.clock, this.#late)
    entry.pins++
    disk.outstanding.begin()
  }

  override _read(): void {
    if (this.#giving) {
      this.#asked = true
      return
    }
    this.#deadline.arm()
    if (this.#entry.landing === undefined) this.#file.use(this.#opened)
    else this.#entry.whenLanded(this.#landed)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#deadline.disarm()
    this.#file.close(() => this.#disk.outstanding.end())
    this.#unpin()
    callback(error)
  }

  readonly #late = (): void => {
    const error = stalled()
    this.#disk.faults.report('content could not be read', error)
    this.destroy(error)
  }

  readonly #landed = (error: Error | undefined): void => {
    if (this.destroyed) return
    if (error !== undefined) this.destroy(error)
    else this.#file.use(this.#opened)
  }

  readonly #opened = (error: Error | null, fd: number): void => {
    this.#unpin()
    if (error !== null || this.destroyed) {
      this.#file.rest()
      if (error !== null) this.#fail(error)
      return
    }
    const { size, headBytes } = this.#entry
    const index = Math.floor(this.#at / blockBytes)
    const start = index * blockBytes
    const stop = Math.min((index + blocksAtOnce) * blockBytes, Math.ceil(this.#end / blockBytes) * blockBytes, size)
    const length = stop - start + Math.ceil((stop - start) / blockBytes) * checksumBytes
    const bytes = Buffer.allocUnsafeSlow(length)
    const position = headerBytes + headBytes + index * stride
    this.#disk.io.read(fd, bytes, 0, length, position, (error, read) => {
      this.#file.rest()
      if (this.destroyed) return
      this.#deadline.disarm()
      if (error !== null) this.#fail(error)
      else if (read !== length) this.#fail(corrupt('is too short'))
      else this.#give(bytes, index, stop)
    })
  }

  /** @param stop where the content of the blocks ends */
  #give(bytes: Buffer, index: number, stop: number): void {
    this.#giving = true
    for (let at = 0; at < bytes.length; at += stride, index++) {
      const check = Math.min(at + blockBytes, bytes.length - checksumBytes)
      const content = bytes.subarray(at, check)
      if (bytes.readUInt32BE(check) !== blockChecksum(content, this.#entry.serial, index)) {
        this.#fail(corrupt('was changed'))
        return
      }
      const start = index * blockBytes
      const from = Math.max(this.#at - start, 0)
      this.push(content.subarray(from, Math.min(this.#end - start, content.length)))
      if (this.destroyed) return
    }
    this.#giving = false
    this.#at = stop
    if (stop >= this.#end) this.push(null)
    else if (this.#asked) {
      this.#asked = false
      this._read()
    }
  }

  #fail(error: Error): void {
    if (this.destroyed) return
    // One that was removed meanwhile is no fault of the disk.
    if (!this.#entry.gone) this.#disk.broken(this.#entry, error)
    this.destroy(error)
  }

  #unpin(): void {
    if (!this.#pinned) return
    this.#pinned = false
    this.#entry.unpin()
  }
}

function corrupt(how: string): Error {
  return Object.assign(new Error(`a file of the disk cache ${how}`), { code: 'ECORRUPT' })
}
