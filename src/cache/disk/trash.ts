import type { DiskEntry } from './disk-entry.ts'
import type { DiskIo } from './disk-io.ts'
import type { Faults } from './faults.ts'
import { entryPath, headSuffix } from './file-name.ts'
import type { TaskQueue } from './task-queue.ts'

/** Removes the files of entries that are gone, in the background. */
export class Trash {
  readonly #path: string
  readonly #io: DiskIo
  readonly #faults: Faults
  readonly #tasks: TaskQueue
  /** For each entry on its way out, those who wait for that. */
  readonly #leaving = new Map<DiskEntry, (() => void)[]>()
  /** Bytes of files that are still there. */
  bytes = 0

  constructor(path: string, io: DiskIo, faults: Faults, tasks: TaskQueue) {
    this.#path = path
    this.#io = io
    this.#faults = faults
    this.#tasks = tasks
  }

  /** The entry is out of the index. Its files go once they are in their place and nobody is about to open them. */
  add(entry: DiskEntry): void {
    this.#leaving.set(entry, [])
    this.bytes += entry.weight
    entry.whenLanded(() => {
      if (entry.pins === 0) this.#remove(entry)
      else entry.onFree = () => this.#remove(entry)
    })
  }

  /** Calls back when nothing of the entry is left on the disk. */
  whenGone(entry: DiskEntry, then: () => void): void {
    const waiting = this.#leaving.get(entry)
    if (waiting === undefined) then()
    else waiting.push(then)
  }

  /** Removes one file. One that is not there is no fault. */
  unlink(path: string, then?: () => void): void {
    this.#tasks.add((done) => {
      this.#io.unlink(path, (error) => {
        if (error !== null && error.code !== 'ENOENT') this.#faults.report('a file could not be removed', error)
        then?.()
        done()
      })
    })
  }

  #remove(entry: DiskEntry): void {
    const path = entryPath(this.#path, entry.name, entry.serial)
    // The content first: without it, the newer head that is left after a crash is nothing.
    this.unlink(path, () => {
      if (entry.hasSide) this.unlink(path + headSuffix)
      this.bytes -= entry.weight
      const waiting = this.#leaving.get(entry)
      this.#leaving.delete(entry)
      if (waiting !== undefined) for (const then of waiting) then()
    })
  }
}
