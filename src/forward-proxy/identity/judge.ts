import type { Clock } from '../../contract/clock.ts'
import { ProxyError } from '../../contract/errors.ts'
import type { Client } from '../../contract/target.ts'
import type { Bearer } from './bearer.ts'
import type { Credential } from './credentials.ts'
import type { Who } from './identity-options.ts'
import type { Users } from './users.ts'

/** A verdict that takes its time: whose it is and for how many milliseconds, or that it is wrong, or that too many wait. */
export type Verdict = { readonly who: Who; readonly ms: number } | 'wrong' | 'limited'

/** What checks credentials of each kind. */
export interface Judges {
  readonly users: Users | undefined
  readonly bearer: Bearer | undefined
  readonly check: ((credential: Credential, client: Client) => unknown) | undefined
}

/** Asks the one who knows of this kind of credential. @throws ProxyError SP_INTERNAL, in which nothing of it stands */
export async function judge(judges: Judges, credential: Credential, client: Client, clock: Clock): Promise<Verdict> {
  try {
    const { users, bearer, check } = judges
    if (credential.scheme === 'basic' && users !== undefined) {
      const found = await users.verify(credential.user, credential.password)
      if (found === 'busy') return 'limited'
      if (found !== undefined) return { who: found, ms: Number.POSITIVE_INFINITY }
    }
    if (credential.scheme === 'bearer' && bearer !== undefined) {
      const found = await bearer(credential.token)
      if (found !== undefined) return { who: found.who, ms: found.until - clock.wall() }
    }
    if (check === undefined) return 'wrong'
    const answer = await check(credential, client)
    return answer === undefined ? 'wrong' : { who: readAnswer(answer), ms: Number.POSITIVE_INFINITY }
  } catch (error) {
    throw new ProxyError('SP_INTERNAL', `The credentials could not be checked: ${reasonOf(error, credential)}`)
  }
}

const none: readonly string[] = Object.freeze([])

/** Whatever else a function gives is a mistake in it, and nobody gets in by that. */
function readAnswer(answer: unknown): Who {
  const { user, groups = none } = answer as { readonly user?: unknown; readonly groups?: unknown }
  const good = typeof user === 'string' && user !== '' && Array.isArray(groups)
  if (good && groups.every((group) => typeof group === 'string')) return { user, groups: Object.freeze([...groups]) }
  throw new Error("the function 'verify.check' gave neither undefined nor a user with groups")
}

/** What was thrown may quote what it was given. */
function reasonOf(error: unknown, credential: Credential): string {
  const secret = credential.scheme === 'basic' ? credential.password : credential.token
  const reason = error instanceof Error ? error.message : String(error)
  const coded = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]
  return coded.reduce((text, one) => (one === '' ? text : text.replaceAll(one, '(hidden)')), reason).slice(0, 200)
}
