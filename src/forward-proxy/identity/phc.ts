/** Parameters of a hash in the string format of the Password Hashing Competition. */
export type PhcHash = Argon2Hash | ScryptHash

export interface Argon2Hash {
  readonly kind: 'argon2id'
  /** KiB. */
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
  readonly salt: Buffer
  readonly hash: Buffer
}

export interface ScryptHash {
  readonly kind: 'scrypt'
  /** N, a power of two. */
  readonly cost: number
  readonly blockSize: number
  readonly parallelism: number
  readonly salt: Buffer
  readonly hash: Buffer
}

/** More memory a hash would let a few clients that log in at once take the machine's. */
const mostMemory = 256 * 1024 ** 2

const argon2id = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
const scrypt = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** `$argon2id$v=19$m=65536,t=3,p=4$salt$hash` (RFC 9106 parameters). A text is what is wrong with it. */
export function parseArgon2(text: string): Argon2Hash | string {
  const parts = argon2id.exec(text)
  if (parts === null) return 'is no argon2id hash of the form $argon2id$v=19$m=...,t=...,p=...$salt$hash'
  const [memory, passes, parallelism] = numbers(parts)
  const salt = bytesOf(parts[4] as string)
  const hash = bytesOf(parts[5] as string)
  if (salt.length < 8 || salt.length > 64 || hash.length < 16 || hash.length > 64) return oddLengths
  if (passes < 1 || parallelism < 1 || memory < 8 * parallelism) return 'has argon2id parameters that are too small'
  if (passes > 16 || parallelism > 16 || memory * 1024 > mostMemory) {
    return 'has argon2id parameters that are too large: at most m=262144, t=16, p=16'
  }
  return { kind: 'argon2id', memory, passes, parallelism, salt, hash }
}

/** `$scrypt$ln=16,r=8,p=1$salt$hash`, where N is 2 to the `ln` (RFC 7914). A text is what is wrong with it. */
export function parseScrypt(text: string): ScryptHash | string {
  const parts = scrypt.exec(text)
  if (parts === null) return 'is no scrypt hash of the form $scrypt$ln=...,r=...,p=...$salt$hash'
  const [ln, blockSize, parallelism] = numbers(parts)
  const salt = bytesOf(parts[4] as string)
  const hash = bytesOf(parts[5] as string)
  if (salt.length < 8 || salt.length > 64 || hash.length < 16 || hash.length > 64) return oddLengths
  if (ln < 10 || blockSize < 1 || parallelism < 1) return 'has scrypt parameters that are too small: ln is at least 10'
  const cost = 2 ** ln
  if (parallelism > 16 || scryptMemory(cost, blockSize) > mostMemory) {
    return 'has scrypt parameters that are too large: at most 256 MiB, which is ln=18 with r=8, and p=16'
  }
  return { kind: 'scrypt', cost, blockSize, parallelism, salt, hash }
}

/** Bytes that scrypt works in. */
export function scryptMemory(cost: number, blockSize: number): number {
  return 128 * cost * blockSize
}

const oddLengths = 'has a salt that is not 8 to 64 bytes long or a hash that is not 16 to 64 bytes long'

const numbers = (parts: RegExpExecArray): [number, number, number] => [
  Number(parts[1]),
  Number(parts[2]),
  Number(parts[3]),
]

/** Base64 without padding, as the format has it. */
const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64')
