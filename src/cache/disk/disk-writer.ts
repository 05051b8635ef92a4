import type { Head } from '../head.ts'
import type { Writer } from '../store.ts'
import { BlockBuffer } from './block-buffer.ts'
import type { Disk } from './disk.ts'
import { DiskEntry } from './disk-entry.ts'
import { blockBytes, checksumBytes, encodeHeader, fileBytes, headerBytes, roundedBytes } from './file-format.ts'
import { entryPath, variantName } from './file-name.ts'
import { PartFile } from './part-file.ts'

/** More bytes than these wait for the disk: `write` says so. */
const behindBytes = 262_144
/** More than these, of one writer and of all: it gives up. Those who write may be unable to hold back. */
const mostWaiting = 16 << 20
const mostWaitingOfAll = 64 << 20

/**
 * Writes one response, block by block, and puts it in its place when it is whole. Content of one block waits for the commit
 * and is written at once.
 */
export class DiskWriter implements Writer {
  onDrain: (() => void) | undefined = undefined
  failed = false
  readonly #disk: Disk
  readonly #head: Head
  readonly #json: string
  readonly #headBytes: number
  readonly #expected: number | undefined
  readonly #serial: number
  readonly #block: BlockBuffer
  readonly #onEnd: (writer: DiskWriter) => void
  #file: PartFile | undefined
  #size = 0
  /** Blocks that wait, with their checksums. */
  #queue: Buffer[] = []
  /** Bytes that wait or are on their way. */
  #waiting = 0
  /** Blocks that are in the file or on their way. */
  #blocks = 0
  #reserved = 0
  #behind = false
  #busy = false
  /** Nothing more is called. */
  #over = false
  #entry: DiskEntry | undefined

  constructor(disk: Disk, head: Head, json: string, size: number | undefined, onEnd: (writer: DiskWriter) => void) {
    this.#disk = disk
    this.#head = head
    this.#json = json
    this.#headBytes = Buffer.byteLength(json)
    this.#expected = size
    this.#serial = disk.serial++
    this.#block = new BlockBuffer(this.#serial, size)
    this.#onEnd = onEnd
    disk.outstanding.begin()
  }

  write(chunk: Buffer): boolean {
    if (this.failed || this.#over) return true
    this.#size += chunk.length
    if (this.#size > (this.#expected ?? this.#disk.maxEntryBytes)) this.#giveUp(undefined)
    for (let at = 0; at < chunk.length && !this.failed; ) {
      if (this.#block.full) this.#seal()
      else at += this.#block.take(chunk, at)
    }
    this.#behind = !this.failed && this.#waiting > behindBytes
    return !this.#behind
  }

  commit(): DiskEntry | undefined {
    if (this.failed || this.#over) return undefined
    this.#over = true
    const small = this.#blocks === 0 && this.#queue.length === 0
    // Less than announced is not whole.
    if (this.#expected !== undefined && this.#size !== this.#expected) this.#giveUp(undefined)
    else if (!small) this.#seal()
    if (this.failed) return undefined
    const entry = new DiskEntry(this.#disk, {
      url: this.#head.url,
      name: variantName(this.#head),
      serial: this.#serial,
      size: this.#size,
      headBytes: this.#headBytes,
      json: this.#json,
      keepUntil: this.#head.keepUntil,
      weight: roundedBytes(fileBytes(this.#headBytes, this.#size)),
    })
    entry.landing = []
    if (small) {
      entry.content = this.#block.content
      this.#count(this.#size)
    }
    this.#entry = entry
    this.#giveBack()
    this.#disk.index.add(entry)
    if (!this.#busy) this.#pump()
    return small && !entry.gone ? entry : undefined
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#giveUp(undefined)
  }

  /** The block is complete, and waits for the disk. */
  #seal(): void {
    const block = this.#block.seal()
    if (block.length === 0) return
    this.#queue.push(block)
    this.#count(block.length)
    this.#reserved += block.length
    const room = this.#disk.index.reserve(block.length)
    if (!room || this.#waiting > mostWaiting || this.#disk.waiting > mostWaitingOfAll) this.#giveUp(undefined)
    else if (!this.#busy) this.#pump()
  }

  #pump(): void {
    if (this.#queue.length > 0) {
      this.#writeBlocks()
    } else if (this.#entry !== undefined) {
      if (this.#entry.gone) this.#giveUp(undefined)
      else this.#finish(this.#entry)
    } else if (this.#behind) {
      this.#behind = false
      this.onDrain?.()
    }
  }

  #writeBlocks(): void {
    const batch = this.#queue
    this.#queue = []
    let length = 0
    for (const block of batch) length += block.length
    const position = headerBytes + this.#headBytes + this.#blocks * (blockBytes + checksumBytes)
    this.#blocks += batch.length
    this.#write(batch, length, position, (error) => {
      this.#count(-length)
      if (error !== null) return
      for (const block of batch) this.#block.recycle(block)
      this.#pump()
    })
  }

  /** The header, which makes an entry of the file, and the content if none is in the file yet. */
  #finish(entry: DiskEntry): void {
    const parts = [encodeHeader(this.#json, this.#size, this.#serial)]
    if (this.#blocks === 0 && this.#size > 0) parts.push(this.#block.seal())
    let length = 0
    for (const part of parts) length += part.length
    this.#write(parts, length, 0, (error) => {
      if (error !== null) return
      this.#busy = true
      this.#file?.place(entryPath(this.#disk.path, entry.name, entry.serial), (error) => {
        if (error !== null) {
          this.#giveUp(error)
          return
        }
        this.#settle(entry, undefined)
        this.#end()
      })
    })
  }

  /** @param then told of the error that has been dealt with; not called when the writer has given up meanwhile */
  #write(parts: readonly Buffer[], length: number, position: number, then: (error: Error | null) => void): void {
    this.#busy = true
    this.#file ??= new PartFile(this.#disk, this.#serial)
    this.#file.write(parts, length, position, (error) => {
      this.#busy = false
      if (error !== null) this.#giveUp(error)
      then(error)
    })
  }

  /** @param error undefined when the disk is not to blame */
  #giveUp(error: Error | undefined): void {
    if (this.failed) return
    this.failed = true
    if (error !== undefined) this.#disk.faults.report('a response could not be stored', error)
    this.#queue = []
    this.#giveBack()
    if (this.#entry !== undefined) this.#settle(this.#entry, error ?? new Error('the entry was removed'))
    if (this.#file === undefined) this.#end()
    else this.#file.discard(() => this.#end())
    if (!this.#behind || this.#over) return
    this.#behind = false
    this.onDrain?.()
  }

  #settle(entry: DiskEntry, error: Error | undefined): void {
    if (error !== undefined) this.#disk.index.remove(entry)
    entry.land(error)
  }

  #end(): void {
    this.#disk.waiting -= this.#waiting
    this.#waiting = 0
    this.#onEnd(this)
    this.#disk.outstanding.end()
  }

  #count(bytes: number): void {
    this.#waiting += bytes
    this.#disk.waiting += bytes
  }

  #giveBack(): void {
    this.#disk.index.reserve(-this.#reserved)
    this.#reserved = 0
  }
}
