import { resolve } from 'node:path'
import type { Clock } from '../../contract/clock.ts'
import type { Refusal } from '../../contract/guard.ts'
import { knownKeys, OptionError } from '../../contract/options.ts'
import type { Client } from '../../contract/target.ts'
import { readBearer } from './bearer.ts'
import { readCertificate } from './certificate.ts'
import { challengeFields, readRealm, type Scheme } from './challenge.ts'
import { createChecker } from './checker.ts'
import { type Credential, passwordCredential, readCredential } from './credentials.ts'
import { failureLimit } from './failure-limit.ts'
import { type Groups, parseGroups } from './groups-file.ts'
import { hashQueue } from './hash-queue.ts'
import type { IdentityKinds, IdentityOptions, VerifyOptions, Who } from './identity-options.ts'
import { readIdentitySettings } from './identity-settings.ts'
import { readUsers } from './users.ts'
import { verified } from './verified.ts'
import { type WatchedText, watchedText } from './watched-text.ts'

/** Whose the exchange is, or why that is not known: nothing was brought, it is wrong, or there were too many wrong ones. */
export type Outcome = Who | 'missing' | 'wrong' | 'limited'

export interface Identity {
  /**
   * Who asks, by the socket's certificate and by Proxy-Authorization. At once when that is known; a promise while a
   * credential is checked. It rejects with SP_INTERNAL when it could not be checked.
   * @param socket of the client; looked at when certificates are configured
   */
  authenticate(rawFields: readonly string[], client: Client, socket?: object): Outcome | Promise<Outcome>
  /** The same for a user and a password that came in another way, as with SOCKS5 (RFC 1929). */
  password(user: string, password: string, client: Client): Outcome | Promise<Outcome>
  /** Is anybody asked at all? */
  readonly asks: boolean
  /** Fields for a 407: Proxy-Authenticate, one a scheme. Empty where certificates alone count. */
  challenge(): readonly string[]
  /** The answer to those who are not let in: 407, 429 with Retry-After, or 403 where no credential would help. */
  refusal(outcome: 'missing' | 'wrong' | 'limited', client: Client): Refusal
  close(): void
}

export interface IdentityTools {
  readonly clock: Clock
  /** Told of a file that has a fault. Without secrets. */
  readonly warn: (message: string) => void
}

const nobody: Who = Object.freeze({ user: undefined, groups: Object.freeze([]) })

/** Reads who is let in. @throws OptionError; for a file it names file and line */
export function readIdentity(option: string, given: IdentityOptions | undefined, tools: IdentityTools): Identity {
  return given === undefined || given === false ? asksNobody : createIdentity(option, given, tools)
}

const asksNobody: Identity = {
  asks: false,
  authenticate: () => nobody,
  password: () => nobody,
  challenge: () => [],
  refusal: () => ({ code: 'SP_AUTH_REQUIRED', status: 403, text: 'The request is not allowed.' }),
  close() {},
}

function createIdentity(option: string, given: IdentityKinds, { clock, warn }: IdentityTools): Identity {
  const settings = readIdentitySettings(option, given)
  const check = readVerify(`${option}.verify`, given.verify)
  const realm = readRealm(`${option}.realm`, given.realm)
  const { basic, bearer, certificate } = given
  const certificates = certificate === undefined ? undefined : readCertificate(`${option}.certificate`, certificate)
  const tokens = bearer === undefined ? undefined : readBearer(`${option}.bearer`, bearer, clock)
  const cache = verified(settings.verified, clock)
  const limit = failureLimit(settings.failures, clock)
  const checker = createChecker({ cache, limit, clock })
  const queue = hashQueue(settings.concurrency, settings.waiting)
  const userTools = { clock, warn, queue, onChange: checker.forget }
  const users = basic === undefined ? undefined : readUsers(`${option}.basic`, basic, userTools)
  let groups: Groups | undefined
  const groupsWatch = orClose(users, () =>
    readGroupsFile(`${option}.groupsFile`, given.groupsFile, { clock, warn }, (next) => {
      groups = next
    }),
  )
  const ask = checker.with({ users, bearer: tokens, check: check?.check })
  const schemes = (['basic', 'bearer'] as const).filter((scheme) => schemesOf(given).has(scheme))
  const challenge = challengeFields(schemes, realm)

  /** With the groups of the file as it is now. */
  function known(outcome: Outcome): Outcome {
    if (groups === undefined || typeof outcome === 'string' || outcome.user === undefined) return outcome
    const more = groups.get(outcome.user)
    return more === undefined ? outcome : { user: outcome.user, groups: [...new Set([...outcome.groups, ...more])] }
  }

  function decide(credential: Credential | 'malformed' | 'unknown' | undefined, client: Client) {
    if (credential === undefined || credential === 'unknown') return 'missing'
    if (credential === 'malformed') return checker.malformed(client)
    if (!schemes.includes(credential.scheme)) return 'missing'
    const outcome = ask(credential, client)
    return outcome instanceof Promise ? outcome.then(known) : known(outcome)
  }

  return {
    asks: true,
    authenticate(rawFields, client, socket) {
      if (certificates !== undefined && socket !== undefined) {
        const { user, wrong } = certificates.read(socket)
        if (wrong) return 'wrong'
        if (user !== undefined) return known({ user, groups: nobody.groups })
      }
      return decide(schemes.length === 0 ? undefined : readCredential(rawFields), client)
    },
    password: (user, password, client) => decide(passwordCredential(user, password), client),
    challenge: () => challenge,
    refusal(outcome, client) {
      if (outcome === 'limited') return tooMany(limit.wait(client.ip))
      return challenge.length === 0 ? noCertificate : { ...unknown, fields: challenge }
    },
    close() {
      groupsWatch?.close()
      users?.close()
      cache.clear()
    },
  }
}

/** What has been opened is closed again when the next thing cannot be. */
function orClose<T>(opened: { close(): void } | undefined, open: () => T): T {
  try {
    return open()
  } catch (error) {
    opened?.close()
    throw error
  }
}

const unknown: Refusal = { code: 'SP_AUTH_REQUIRED', status: 407, text: 'Proxy authentication is required.' }
const noCertificate: Refusal = { code: 'SP_AUTH_REQUIRED', status: 403, text: 'A client certificate is required.' }

function tooMany(ms: number): Refusal {
  const seconds = String(Math.max(1, Math.ceil(ms / 1000)))
  return { code: 'SP_AUTH_LIMITED', status: 429, text: 'Too many attempts.', fields: ['Retry-After', seconds] }
}

function schemesOf({ basic, bearer, verify }: IdentityKinds): ReadonlySet<Scheme> {
  const found = new Set<Scheme>(verify === undefined ? [] : (verify.schemes ?? ['basic']))
  if (basic !== undefined) found.add('basic')
  if (bearer !== undefined) found.add('bearer')
  return found
}

function readVerify(option: string, given: VerifyOptions | undefined): VerifyOptions | undefined {
  if (given === undefined) return undefined
  knownKeys(option, given, ['check', 'schemes'])
  if (typeof given.check !== 'function') throw new OptionError(`${option}.check`, given.check, 'give a function')
  const { schemes = ['basic'] } = given
  if (Array.isArray(schemes) && schemes.length > 0 && schemes.every((one) => one === 'basic' || one === 'bearer')) {
    return given
  }
  throw new OptionError(`${option}.schemes`, schemes, "give a list with 'basic', 'bearer' or both")
}

function readGroupsFile(
  option: string,
  file: string | undefined,
  { clock, warn }: IdentityTools,
  use: (groups: Groups) => void,
): WatchedText | undefined {
  if (file === undefined) return undefined
  if (typeof file !== 'string' || file === '') throw new OptionError(option, file, 'give the path of a file')
  const take = (text: string): void => use(parseGroups(file, text))
  try {
    const say = (message: string): void => warn(`${option}: ${message}`)
    return watchedText({ path: resolve(file), interval: 2000, clock, take, warn: say })
  } catch (error) {
    throw new OptionError(option, file, error instanceof Error ? error.message : String(error))
  }
}
