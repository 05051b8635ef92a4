import { dirname } from 'node:path'
import { Deadline, patience, stalled } from './deadline.ts'
import type { Disk } from './disk.ts'
import { partPath } from './file-name.ts'
import { OpenFile } from './open-files.ts'

type Then = (error: Error | null) => void

/** A file in `tmp` that grows until it is put in its place or thrown away. One call at a time; `discard` at any time. */
export class PartFile {
  readonly #disk: Disk
  readonly #path: string
  readonly #file: OpenFile
  readonly #deadline: Deadline
  /** Of the write that is under way and has not been given up. */
  #then: Then | undefined

  constructor(disk: Disk, serial: number) {
    this.#disk = disk
    this.#path = partPath(disk.path, serial)
    this.#file = new OpenFile(disk.files, this.#path, 'wx')
    this.#deadline = new Deadline(disk.clock, this.#late)
  }

  /** Calls back with an error as well when the disk takes too long; the memory is in use until `discard` calls back. */
  write(parts: readonly Buffer[], length: number, position: number, then: Then): void {
    this.#then = then
    this.#deadline.arm()
    this.#file.use((error, fd) => {
      if (error !== null || this.#then !== then) {
        this.#written(error, then)
        return
      }
      this.#disk.io.writev(fd, parts, position, (error, written) => {
        this.#written(error ?? (written === length ? null : noSpace()), then)
      })
    })
  }

  /** Renames: whoever looks sees the whole file or none. */
  place(target: string, then: Then): void {
    const { io } = this.#disk
    this.#file.close(() => {
      io.rename(this.#path, target, (error) => {
        if (error?.code !== 'ENOENT') {
          then(error)
          return
        }
        // Folders are made when the first file needs them.
        io.mkdir(dirname(target), { recursive: true, mode: 0o700 }, (error) => {
          if (error !== null) then(error)
          else io.rename(this.#path, target, then)
        })
      })
    })
  }

  discard(then: () => void): void {
    this.#disarm()
    this.#file.close(() => this.#disk.trash.unlink(this.#path, then))
  }

  #written(error: Error | null, then: Then): void {
    this.#file.rest()
    if (this.#then !== then) return
    this.#disarm()
    then(error)
  }

  readonly #late = (): void => {
    const then = this.#then
    this.#disarm()
    this.#disk.pausedUntil = this.#disk.clock.now() + 2 * patience
    then?.(stalled())
  }

  #disarm(): void {
    this.#then = undefined
    this.#deadline.disarm()
  }
}

/** A file takes part of a write when there is no more place. */
function noSpace(): Error {
  return Object.assign(new Error('the disk took only a part'), { code: 'ENOSPC' })
}
