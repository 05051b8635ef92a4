import type { Disk } from './disk.ts'
import type { DiskEntry } from './disk-entry.ts'
import { encodeHeader } from './file-format.ts'
import { entryPath, headSuffix, partPath } from './file-name.ts'
import type { TaskQueue } from './task-queue.ts'

/**
 * Writes newer heads into files beside those of their entries: a new file that takes the place of the one before, so that
 * a crash leaves the one or the other.
 */
export class HeadFiles {
  readonly #disk: Disk
  readonly #tasks: TaskQueue
  /** For each entry whose head is being written, those who wait for that. */
  readonly #saving = new Map<DiskEntry, (() => void)[]>()

  constructor(disk: Disk, tasks: TaskQueue) {
    this.#disk = disk
    this.#tasks = tasks
  }

  /** Writes the entry's head as it is then. Calls back when it is in its place, or the entry is gone. */
  save(entry: DiskEntry, then?: () => void): void {
    const waiting = this.#saving.get(entry)
    if (waiting !== undefined) {
      if (then !== undefined) waiting.push(then)
      return
    }
    this.#saving.set(entry, then === undefined ? [] : [then])
    entry.whenLanded(() => this.#write(entry))
  }

  #write(entry: DiskEntry): void {
    const disk = this.#disk
    const { json } = entry
    if (entry.gone) {
      this.#end(entry)
      return
    }
    const part = partPath(disk.path, disk.serial++)
    const target = entryPath(disk.path, entry.name, entry.serial) + headSuffix
    this.#tasks.add((done) => {
      const bytes = encodeHeader(json, entry.size, entry.serial)
      disk.io.writeFile(part, bytes, { mode: 0o600, flag: 'wx' }, (error) => {
        if (error !== null) {
          this.#fail(entry, part, error)
          done()
          return
        }
        disk.io.rename(part, target, (error) => {
          if (error !== null) this.#fail(entry, part, error)
          else this.#placed(entry, target, json)
          done()
        })
      })
    })
  }

  #placed(entry: DiskEntry, target: string, json: string): void {
    entry.hasSide = true
    if (entry.gone) {
      this.#disk.trash.unlink(target)
      this.#end(entry)
    } else if (entry.json === json) this.#end(entry)
    else this.#write(entry)
  }

  /** After a restart the older head would be there again: rather no entry than one that was made stale. */
  #fail(entry: DiskEntry, part: string, error: Error): void {
    this.#disk.trash.unlink(part)
    this.#disk.faults.report('a head could not be written', error)
    this.#disk.index.remove(entry)
    this.#end(entry)
  }

  #end(entry: DiskEntry): void {
    const waiting = this.#saving.get(entry)
    this.#saving.delete(entry)
    if (waiting !== undefined) for (const then of waiting) then()
  }
}
