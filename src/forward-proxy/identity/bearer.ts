import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose'
import type { Clock } from '../../contract/clock.ts'
import { duration, knownKeys, OptionError } from '../../contract/options.ts'
import type { BearerOptions, Who } from './identity-options.ts'

/** A token that is right: whose it is, and until when (milliseconds since the epoch). */
export interface BearerFound {
  readonly who: Who
  readonly until: number
}

/** Checks tokens. Undefined: it is wrong. @throws when the keys could not be had */
export type Bearer = (token: string) => Promise<BearerFound | undefined>

const asymmetric = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const symmetric = ['HS256', 'HS384', 'HS512']
const keys = ['issuer', 'audience', 'jwks', 'key', 'secret', 'algorithms', 'clockTolerance', 'userClaim', 'groupsClaim']

/** Signed tokens with an issuer, an audience and an end: RFC 7519, and the advice of RFC 8725. */
export function readBearer(option: string, given: BearerOptions, clock: Clock): Bearer {
  knownKeys(option, given, keys, true)
  const text = (name: 'issuer' | 'userClaim' | 'groupsClaim', byDefault?: string): string => {
    const value = given[name] ?? byDefault
    if (typeof value === 'string' && value !== '') return value
    throw new OptionError(`${option}.${name}`, value, 'give a text that is not empty')
  }
  const userClaim = text('userClaim', 'sub')
  const groupsClaim = text('groupsClaim', 'groups')
  const tolerance = duration(`${option}.clockTolerance`, given.clockTolerance, 5000)
  const rules = {
    issuer: text('issuer'),
    audience: readAudience(`${option}.audience`, given.audience),
    algorithms: readAlgorithms(`${option}.algorithms`, given),
    clockTolerance: tolerance / 1000,
    // Without an end it would be good for ever.
    requiredClaims: ['exp', userClaim],
  }
  const key = readKey(option, given)
  let remote: JWTVerifyGetKey | undefined

  return async function bearer(token) {
    const jose = await import('jose')
    const options: JWTVerifyOptions = { ...rules, currentDate: new Date(clock.wall()) }
    try {
      if (key instanceof URL) remote ??= jose.createRemoteJWKSet(key, { timeoutDuration: 5000 })
      const { payload } =
        key instanceof URL
          ? await jose.jwtVerify(token, remote as JWTVerifyGetKey, options)
          : await jose.jwtVerify(token, key, options)
      return found(payload, userClaim, groupsClaim, tolerance)
    } catch (error) {
      if (isFaultOfToken(error)) return undefined
      throw error
    }
  }
}

function found(
  payload: JWTPayload,
  userClaim: string,
  groupsClaim: string,
  tolerance: number,
): BearerFound | undefined {
  const user = payload[userClaim]
  const given = payload[groupsClaim]
  // It goes to logs and to rules: what is no plain name is nobody's.
  if (typeof user !== 'string' || user === '' || user.length > 255 || /[\x00-\x1f\x7f-\x9f]/.test(user))
    return undefined
  const groups = typeof given === 'string' ? given.split(' ') : Array.isArray(given) ? given : []
  const named = groups.filter((group): group is string => typeof group === 'string' && group !== '').slice(0, 1000)
  return { who: { user, groups: Object.freeze(named) }, until: (payload.exp as number) * 1000 + tolerance }
}

/** Everything that jose finds wrong, but for what happens on the way to the keys. */
function isFaultOfToken(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | undefined)?.code
  if (typeof code !== 'string' || !code.startsWith('ERR_J')) return false
  return code !== 'ERR_JWKS_TIMEOUT' && code !== 'ERR_JWKS_INVALID' && code !== 'ERR_JOSE_GENERIC'
}

function readKey(option: string, { jwks, key, secret }: BearerOptions): URL | KeyObject {
  if ([jwks, key, secret].filter((one) => one !== undefined).length !== 1) {
    throw new OptionError(option, {}, "give one of 'jwks', 'key' and 'secret'")
  }
  if (jwks !== undefined) return readUrl(`${option}.jwks`, jwks)
  if (key !== undefined) return readPem(`${option}.key`, key)
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : Buffer.alloc(0)
  // RFC 7518 3.2: not shorter than the hash.
  if (bytes.length < 32) throw new OptionError(`${option}.secret`, '(hidden)', 'give at least 32 bytes')
  return createSecretKey(bytes)
}

function readUrl(option: string, given: string): URL {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '') {
    throw new OptionError(option, given, "give a URL such as 'https://id.test/.well-known/jwks.json'")
  }
  return url
}

function readPem(option: string, given: string): KeyObject {
  const right = 'give a public key or a certificate as PEM'
  if (typeof given !== 'string' || given.includes('PRIVATE')) throw new OptionError(option, '(hidden)', right)
  try {
    return createPublicKey(given)
  } catch {
    throw new OptionError(option, '(hidden)', right)
  }
}

function readAudience(option: string, given: string | readonly string[]): string[] {
  const list = typeof given === 'string' ? [given] : given
  if (Array.isArray(list) && list.length > 0 && list.every((one) => typeof one === 'string' && one !== '')) return list
  throw new OptionError(option, given, 'give a text, or a list of texts')
}

function readAlgorithms(option: string, { algorithms, secret }: BearerOptions): string[] {
  // A public key taken for a shared secret is known to everybody: RFC 8725 2.1.
  const known = secret === undefined ? asymmetric : symmetric
  if (algorithms === undefined) return secret === undefined ? asymmetric : ['HS256']
  if (Array.isArray(algorithms) && algorithms.length > 0 && algorithms.every((one) => known.includes(one))) {
    return [...algorithms]
  }
  throw new OptionError(option, algorithms, `give a list with some of: ${known.join(', ')}`)
}
