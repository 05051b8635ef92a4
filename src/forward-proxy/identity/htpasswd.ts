import { type PasswordHash, parsePasswordHash } from './password-hash.ts'

/**
 * Reads the text of an htpasswd file: lines of `user:hash`, where what follows a second colon is a comment; empty lines and
 * those that begin with `#` are left out.
 * @param where the file, for the message
 * @throws an Error that names file and line, and holds nothing of the line
 */
export function parseHtpasswd(where: string, text: string): Map<string, PasswordHash> {
  const found = new Map<string, PasswordHash>()
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = (lines[i] as string).replace(/\r$/, '')
    if (line.trim() === '' || line.startsWith('#')) continue
    const at = `${where}:${i + 1}`
    const [user, hash] = line.split(':', 2)
    if (user === undefined || hash === undefined) throw new Error(`${at}: the line is not of the form user:hash`)
    const fault = userFault(user)
    if (fault !== undefined) throw new Error(`${at}: ${fault}`)
    // Of two lines one is out of date, and nobody can say which.
    if (found.has(user)) throw new Error(`${at}: the user has a line above already`)
    const stored = parsePasswordHash(hash)
    if (typeof stored === 'string') throw new Error(`${at}: the password ${stored}`)
    found.set(user, stored)
  }
  return found
}

/** What is wrong with the name of a user, if anything. */
export function userFault(user: string): string | undefined {
  if (typeof user !== 'string' || user === '') return 'the name of the user is missing'
  if (user.length > 255) return 'the name of the user is longer than 255 characters'
  if (/[\x00-\x1f\x7f-\x9f:]/.test(user)) return 'the name of the user has a colon or a control character in it'
  return undefined
}
