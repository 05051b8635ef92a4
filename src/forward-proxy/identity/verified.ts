import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../../contract/clock.ts'
import type { Credential } from './credentials.ts'
import type { Who } from './identity-options.ts'

/** Credentials that were right a short while ago. What is kept tells nothing of them without the key of this process. */
export interface Verified {
  /** The name under which a credential is remembered. @param place where it is good, when it is not good everywhere */
  digest(credential: Credential, place: string): string
  get(digest: string): Who | undefined
  /** @param ms how long at most */
  set(digest: string, who: Who, ms: number): void
  clear(): void
}

export interface VerifiedSettings {
  /** Milliseconds. 0 remembers nothing. */
  readonly remember: number
  readonly most: number
}

interface Entry {
  readonly who: Who
  readonly until: number
}

export function verified({ remember, most }: VerifiedSettings, clock: Clock): Verified {
  const key = randomBytes(32)
  const entries = new Map<string, Entry>()

  return {
    digest(credential, place) {
      const what = credential.scheme === 'basic' ? `${credential.user}\0${credential.password}` : credential.token
      // None of the parts has a NUL in it, so no two of them make one text.
      return createHmac('sha256', key).update(`${credential.scheme}\0${place}\0${what}`).digest('latin1')
    },
    get(digest) {
      const entry = entries.get(digest)
      if (entry === undefined) return undefined
      if (clock.now() < entry.until) return entry.who
      entries.delete(digest)
      return undefined
    },
    set(digest, who, ms) {
      const lasts = Math.min(ms, remember)
      if (lasts <= 0) return
      entries.delete(digest)
      if (entries.size >= most) entries.delete(entries.keys().next().value as string)
      entries.set(digest, { who, until: clock.now() + lasts })
    },
    clear() {
      entries.clear()
    },
  }
}
