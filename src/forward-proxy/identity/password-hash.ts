import * as crypto from 'node:crypto'
import type { BcryptWorkers } from './bcrypt.ts'
import { type Argon2Hash, parseArgon2, parseScrypt, type ScryptHash, scryptMemory } from './phc.ts'

/** A stored password: how it was hashed, and what came out. */
export type PasswordHash = Argon2Hash | ScryptHash | { readonly kind: 'bcrypt'; readonly text: string }

/** Reads a stored hash. A text is what is wrong with it, without any of it. */
export function parsePasswordHash(text: string): PasswordHash | string {
  if (/^\$2[aby]\$/.test(text)) return parseBcrypt(text)
  if (text.startsWith('$argon2id$')) return hasArgon2() ? parseArgon2(text) : 'is argon2id, which needs Node.js 24.7'
  if (text.startsWith('$scrypt$')) return parseScrypt(text)
  return `${refused(text)}; use bcrypt (htpasswd -B), argon2id or scrypt`
}

/**
 * Does the password belong to the hash? Off the event loop, in the time that the hash takes, and compared without telling
 * where they differ.
 */
export async function verifyPassword(stored: PasswordHash, password: string, bcrypt: BcryptWorkers): Promise<boolean> {
  switch (stored.kind) {
    case 'bcrypt':
      return bcrypt.compare(password, stored.text)
    case 'argon2id':
      return crypto.timingSafeEqual(await argon2(stored, password), stored.hash)
    case 'scrypt':
      return crypto.timingSafeEqual(await scrypt(stored, password), stored.hash)
  }
}

const bcryptForm = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

function parseBcrypt(text: string): PasswordHash | string {
  const cost = Number(bcryptForm.exec(text)?.[1] ?? Number.NaN)
  if (Number.isNaN(cost)) return 'is no bcrypt hash: $2y$, two digits, $ and 53 characters'
  // Each step doubles the time: 16 is several seconds.
  if (cost < 4 || cost > 16) return 'has a bcrypt cost that is not from 4 to 16'
  return { kind: 'bcrypt', text }
}

function refused(text: string): string {
  if (text.startsWith('{SHA}') || text.startsWith('{SSHA}'))
    return 'is SHA-1, which is guessed at by the billion a second'
  if (text.startsWith('$apr1$') || text.startsWith('$1$')) return 'is MD5, which is guessed at by the million a second'
  if (/^\$2[^$]*\$/.test(text)) return 'is a bcrypt of a broken kind; only $2a$, $2b$ and $2y$ are taken'
  if (text.startsWith('$argon2')) return 'is an argon2 of another kind than argon2id'
  if (text.startsWith('$')) return 'is a hash of a kind that is not taken'
  return 'is plain text or crypt'
}

function hasArgon2(): boolean {
  return typeof crypto.argon2 === 'function'
}

function argon2({ memory, passes, parallelism, salt, hash }: Argon2Hash, password: string): Promise<Buffer> {
  const parameters = { message: password, nonce: salt, parallelism, tagLength: hash.length, memory, passes }
  return new Promise((resolve, reject) => {
    crypto.argon2('argon2id', parameters, (error, made) => (error === null ? resolve(made) : reject(error)))
  })
}

function scrypt({ cost, blockSize, parallelism, salt, hash }: ScryptHash, password: string): Promise<Buffer> {
  const options = { N: cost, r: blockSize, p: parallelism, maxmem: 2 * scryptMemory(cost, blockSize) + 2 ** 20 }
  return new Promise((resolve, reject) => {
    crypto.scrypt(password, salt, hash.length, options, (error, made) =>
      error === null ? resolve(made) : reject(error),
    )
  })
}
