import type { DiskIo } from './disk-io.ts'

type OnOpen = (error: Error | null, fd: number) => void

/**
 * Keeps the number of open files below a bound. Who needs one more waits; a file that is open and idle is closed for it, and
 * opened again when it is needed. So slow clients can hold files, but not keep others from theirs.
 */
export class OpenFiles {
  readonly io: DiskIo
  readonly #limit: number
  #used = 0
  /** In order of arrival. */
  readonly #waiting = new Set<OpenFile>()
  readonly #idle = new Set<OpenFile>()

  constructor(io: DiskIo, limit: number) {
    this.io = io
    this.#limit = limit
  }

  get open(): number {
    return this.#used
  }

  enter(file: OpenFile): void {
    if (this.#used < this.#limit) {
      this.#used++
      file.begin()
      return
    }
    this.#waiting.add(file)
    for (const idle of this.#idle) {
      idle.shut()
      break
    }
  }

  /** A place is free again. */
  leave(): void {
    for (const file of this.#waiting) {
      this.#waiting.delete(file)
      file.begin()
      return
    }
    this.#used--
  }

  giveUp(file: OpenFile): boolean {
    return this.#waiting.delete(file)
  }

  /** False: somebody waits for a place, let go. */
  rest(file: OpenFile): boolean {
    if (this.#waiting.size > 0) return false
    this.#idle.add(file)
    return true
  }

  wake(file: OpenFile): void {
    this.#idle.delete(file)
  }
}

/** One file for one reader or writer, which uses it for one operation at a time. */
export class OpenFile {
  readonly #files: OpenFiles
  readonly #path: string
  #flags: string
  #fd = -1
  /** At work, or being opened. */
  #busy = false
  #closed = false
  #onOpen: OnOpen | undefined
  #onClosed: (() => void) | undefined

  /** @param flags of the first opening; a file that was made is opened for writing after it */
  constructor(files: OpenFiles, path: string, flags: 'r' | 'wx') {
    this.#files = files
    this.#path = path
    this.#flags = flags
  }

  /** Gives the descriptor, opened if need be. After the operation, and after an error, comes `rest`. */
  use(onOpen: OnOpen): void {
    this.#busy = true
    if (this.#fd >= 0) {
      this.#files.wake(this)
      onOpen(null, this.#fd)
      return
    }
    this.#onOpen = onOpen
    this.#files.enter(this)
  }

  rest(): void {
    this.#busy = false
    if (this.#closed) this.#end()
    else if (this.#fd >= 0 && !this.#files.rest(this)) this.shut()
  }

  /** Closed for good, as soon as no operation uses it. */
  close(onClosed?: () => void): void {
    this.#closed = true
    this.#onClosed = onClosed
    if (this.#busy && this.#files.giveUp(this)) this.#busy = false
    if (!this.#busy) this.#end()
  }

  /** For `OpenFiles`: a place is there. */
  begin(): void {
    this.#files.io.open(this.#path, this.#flags, 0o600, (error, fd) => {
      const onOpen = this.#onOpen as OnOpen
      this.#onOpen = undefined
      if (error !== null) {
        this.#files.leave()
      } else {
        this.#fd = fd
        if (this.#flags === 'wx') this.#flags = 'r+'
      }
      onOpen(error, fd)
    })
  }

  /** For `OpenFiles`: lets go of the descriptor. */
  shut(onClosed?: () => void): void {
    const fd = this.#fd
    this.#fd = -1
    this.#files.wake(this)
    this.#files.io.close(fd, () => {
      this.#files.leave()
      onClosed?.()
    })
  }

  #end(): void {
    const onClosed = this.#onClosed
    this.#onClosed = undefined
    if (this.#fd >= 0) this.shut(onClosed)
    else onClosed?.()
  }
}
