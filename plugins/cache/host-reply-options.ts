import { integer, knownKeys, OptionError } from '../../src/contract/options.ts'
import { isToken } from '../../src/http/chars.ts'

/** Options of @fastify/caching, for the replies that the app makes itself. */
export interface HostReplyOptions {
  /** `public`, `private` or `no-cache`: Cache-Control of replies that have none. One of an error is then `no-store`. @default none */
  readonly privacy?: string
  /** Seconds: `max-age` beside `privacy`, where that is not `no-cache`. @default none */
  readonly expiresIn?: number
  /** Seconds: `s-maxage` beside `privacy: 'public'` and `expiresIn`. @default none */
  readonly serverExpiresIn?: number
  /** Milliseconds for which a tag is known, at most, whatever `reply.etag()` says. @default as `reply.etag()` says, an hour */
  readonly etagMaxLife?: number
  /** Where `app.cache` has the tags. @default 'fastify-caching' */
  readonly cacheSegment?: string
}

export interface HostReplySettings {
  readonly privacy: string | undefined
  readonly expiresIn: number | undefined
  readonly serverExpiresIn: number | undefined
  readonly etagMaxLife: number | undefined
  readonly cacheSegment: string
}

/**
 * Undefined: not wanted.
 * @throws OptionError for anything that cannot work
 */
export function readHostReplies(given: boolean | HostReplyOptions | undefined): HostReplySettings | undefined {
  if (given === undefined || given === false) return undefined
  const options = given === true ? {} : given
  knownKeys('hostReplies', options, ['privacy', 'expiresIn', 'serverExpiresIn', 'etagMaxLife', 'cacheSegment'])
  const { privacy, cacheSegment = 'fastify-caching' } = options
  if (privacy !== undefined && (typeof privacy !== 'string' || !privacy.split(/, */).every(isToken))) {
    throw new OptionError('hostReplies.privacy', privacy, "give 'public', 'private' or 'no-cache'")
  }
  if (typeof cacheSegment !== 'string' || cacheSegment === '') {
    throw new OptionError('hostReplies.cacheSegment', cacheSegment, 'give a text')
  }
  return {
    privacy,
    expiresIn: optional('hostReplies.expiresIn', options.expiresIn),
    serverExpiresIn: optional('hostReplies.serverExpiresIn', options.serverExpiresIn),
    etagMaxLife: optional('hostReplies.etagMaxLife', options.etagMaxLife),
    cacheSegment,
  }
}

function optional(option: string, given: number | undefined): number | undefined {
  return given === undefined ? undefined : integer(option, given, 0)
}
