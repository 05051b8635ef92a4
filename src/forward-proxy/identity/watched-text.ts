import { type BigIntStats, readFileSync, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { Clock, Timer } from '../../contract/clock.ts'

export interface WatchedText {
  close(): void
}

export interface WatchedTextSettings {
  readonly path: string
  /** Milliseconds between two looks. */
  readonly interval: number
  readonly clock: Clock
  /** Takes the text. What it throws at the first reading is thrown on; later the text before stays in force. */
  readonly take: (text: string) => void
  /** Told once of each text that could not be taken, and of a file that cannot be read. */
  readonly warn: (message: string) => void
}

const mostBytes = 16 * 1024 ** 2
/** A file that has changed is read when it has been quiet for so long: it may be written in pieces. */
const quiet = 200

/**
 * Reads a file now, and again when it changes. It is looked at by its path: a rename or a swapped link is seen too, on file
 * systems that tell of no changes as well.
 * @throws the system's errors, and what `take` throws
 */
export function watchedText({ path, interval, clock, take, warn }: WatchedTextSettings): WatchedText {
  let taken = versionOf(statSync(path, { bigint: true }))
  let seen = taken
  let warned = ''
  let closed = false
  let timer: Timer

  take(decode(readFileSync(path)))
  timer = clock.setTimer(look, interval)

  function look(): void {
    void refresh().then((settled) => {
      if (!closed) timer = clock.setTimer(look, settled ? interval : Math.min(quiet, interval))
    })
  }

  /** False: it has changed, and is to be looked at again soon. */
  async function refresh(): Promise<boolean> {
    try {
      const version = versionOf(await stat(path, { bigint: true }))
      if (version === taken) return true
      if (version !== seen) {
        seen = version
        return false
      }
      const bytes = await readFile(path)
      if (versionOf(await stat(path, { bigint: true })) !== version) return false
      if (closed) return true
      taken = version
      take(decode(bytes))
      warned = ''
    } catch (error) {
      const message = `${error instanceof Error ? error.message : error}; what was read before stays in force`
      if (!closed && message !== warned) warn(message)
      warned = message
    }
    return true
  }

  return {
    close() {
      closed = true
      clock.clearTimer(timer)
    },
  }
}

function versionOf(stats: BigIntStats): string {
  if (!stats.isFile()) throw new Error('it is no regular file')
  if (stats.size > mostBytes) throw new Error(`it is larger than ${mostBytes} bytes`)
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ')
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('it is not UTF-8')
  }
}
