import type { Clock } from '../../contract/clock.ts'

export interface DiskEvent {
  readonly message: string
  readonly cause?: unknown
}

/** Counts what goes wrong and says so, at most once a minute for each cause: a full disk fails every response. */
export interface Faults {
  readonly count: number
  /** @param what what failed, one of a few fixed texts */
  report(what: string, cause: unknown): void
}

const quiet = 60_000
/** Causes told apart, at most; more than a system has codes for. */
const maxCauses = 200

export function createFaults(path: string, clock: Clock, log: ((event: DiskEvent) => void) | undefined): Faults {
  const last = new Map<string, number>()
  let count = 0

  return {
    get count() {
      return count
    },
    report(what, cause) {
      count++
      if (log === undefined) return
      const kind = `${what} (${codeOf(cause)})`
      const now = clock.now()
      const before = last.get(kind)
      if (before !== undefined && now - before < quiet) return
      if (before === undefined && last.size >= maxCauses) return
      last.set(kind, now)
      log({ message: `disk cache ${path}: ${kind}`, cause })
    },
  }
}

/** `ENOSPC` and the like; the message where there is no code. */
export function codeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const { code } = cause as NodeJS.ErrnoException
  return code ?? cause.message
}

/** Too many open files, say: a fault of the moment, and not of the file. */
export function isPassing(cause: unknown): boolean {
  const code = codeOf(cause)
  return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM' || code === 'EAGAIN'
}
