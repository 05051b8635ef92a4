import type { Client } from '../../contract/target.ts'
import type { Credential } from './credentials.ts'

/** Who asks. */
export interface Who {
  /** Undefined where nobody is asked for a name. */
  readonly user: string | undefined
  readonly groups: readonly string[]
}

/**
 * How clients say who they are. `false` asks nobody. Of several kinds the certificate is looked at first, then what
 * Proxy-Authorization brings.
 */
export type IdentityOptions = false | IdentityKinds

export interface IdentityKinds {
  /** Users and passwords. */
  readonly basic?: BasicFile | BasicList
  /** Signed tokens (RFC 7519). */
  readonly bearer?: BearerOptions
  /** Certificates of clients, on a listener with TLS that asks for them. */
  readonly certificate?: CertificateOptions
  /** A function of your own, asked for the credentials that the others do not take. */
  readonly verify?: VerifyOptions
  /** A file of groups in Apache's format, `group: user user`. They join those that a token or a list gives. */
  readonly groupsFile?: string
  /** What the dialogue of a browser shows. @default 'proxy' */
  readonly realm?: string
  /** How long a credential that was right is not looked at again. `false` looks each time, which costs a hash each time. @default '5m' */
  readonly remember?: number | string | false
  /** Credentials that are remembered. @default 10000 */
  readonly remembered?: number
  /** Wrong credentials from one address (of IPv6: from one /64), after which it gets 429. `false` never. */
  readonly failures?: FailureOptions | false
  /** Hashing of passwords. */
  readonly hashing?: HashingOptions
}

export interface BasicFile {
  /** An htpasswd file. It is read again when it changes; one with a fault then changes nothing, and is warned of. */
  readonly file: string
  /** How often it is looked at. @default '2s' */
  readonly interval?: number | string
}

export interface BasicList {
  readonly users: readonly ListedUser[]
}

export interface ListedUser {
  readonly user: string
  /** bcrypt, argon2id or scrypt, as in a file. */
  readonly hash?: string
  /** The password itself, for one that comes from the environment. Do not write it into code. */
  readonly password?: string
  readonly groups?: readonly string[]
}

export interface BearerOptions {
  /** What `iss` must be. */
  readonly issuer: string
  /** What `aud` must have. */
  readonly audience: string | readonly string[]
  /** Where the issuer publishes its keys. */
  readonly jwks?: string
  /** A public key as PEM. */
  readonly key?: string
  /** A shared secret for HS256 and its kin, at least 32 bytes. */
  readonly secret?: string
  /** Algorithms that are taken. @default the asymmetric ones for a key, HS256 for a secret */
  readonly algorithms?: readonly string[]
  /** How far the clocks may differ. @default '5s' */
  readonly clockTolerance?: number | string
  /** The claim that names the user. @default 'sub' */
  readonly userClaim?: string
  /** The claim with the groups: a list, or words with spaces between. @default 'groups' */
  readonly groupsClaim?: string
}

export interface CertificateOptions {
  /** What names the user: the common name of the subject, or the one name of a kind in the subject's other names. @default 'cn' */
  readonly user?: 'cn' | 'dns' | 'email' | 'uri'
}

export interface VerifyOptions {
  /** Undefined: they are wrong. What it throws is a 500. */
  readonly check: (credential: Credential, client: Client) => VerifyAnswer | Promise<VerifyAnswer>
  /** What is asked for. @default ['basic'] */
  readonly schemes?: readonly ('basic' | 'bearer')[]
}

export type VerifyAnswer = { readonly user: string; readonly groups?: readonly string[] } | undefined

export interface FailureOptions {
  /** @default 20 */
  readonly most?: number
  /** @default '1m' */
  readonly window?: number | string
  /** Addresses that are remembered. @default 10000 */
  readonly addresses?: number
}

export interface HashingOptions {
  /** Hashes that run at a time. @default 2 */
  readonly concurrency?: number
  /** Those that wait. Beyond, the answer is 429. @default 256 */
  readonly waiting?: number
}
