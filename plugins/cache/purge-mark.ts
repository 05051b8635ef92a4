import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Clock, Timer } from '../../src/contract/clock.ts'

/** Milliseconds between two looks; a purge has long been carried out by the next. */
const interval = 10_000

/**
 * Remembers in a file up to which purge a disk store has followed, for the next process that opens it: what other machines
 * have purged while nobody listened must not come back with a restart.
 */
export interface PurgeMark {
  /** Of the process before; undefined when it is not known. */
  readonly before: string | undefined
  /** Follows `lastPurge` until `close`. */
  follow(lastPurge: () => string | undefined): void
  /** Once the stores have closed, and with them carried out what they were told. @param lastPurge as it was before */
  close(lastPurge: string | undefined): Promise<void>
}

export async function openPurgeMark(path: string, clock: Clock): Promise<PurgeMark> {
  const before = await readFile(path, 'latin1').catch(() => '')
  let written = before
  let seen: string | undefined
  let timer: Timer | undefined
  let last: (() => string | undefined) | undefined

  async function write(mark: string | undefined): Promise<void> {
    if (mark === undefined || mark === written) return
    try {
      await writeFile(`${path}.new`, mark, { mode: 0o600 })
      await rename(`${path}.new`, path)
      written = mark
    } catch {
      // A mark that cannot be written is an old one: more purges than need be are made up for.
    }
  }

  function tick(): void {
    write(seen)
    seen = last?.()
    timer = clock.setTimer(tick, interval)
  }

  return {
    // What it says is for the store to read.
    before: /^[ -~]{1,100}$/.test(before) ? before : undefined,
    follow(lastPurge) {
      last = lastPurge
      tick()
    },
    async close(lastPurge) {
      if (timer !== undefined) clock.clearTimer(timer)
      await write(lastPurge)
    },
  }
}
