import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { resolve } from 'node:path'
import type { Clock } from '../../contract/clock.ts'
import { knownKeys, OptionError, time } from '../../contract/options.ts'
import { bcryptWorkers } from './bcrypt.ts'
import type { HashQueue } from './hash-queue.ts'
import { parseHtpasswd, userFault } from './htpasswd.ts'
import type { BasicFile, BasicList, ListedUser, Who } from './identity-options.ts'
import { type PasswordHash, parsePasswordHash, verifyPassword } from './password-hash.ts'
import { watchedText } from './watched-text.ts'

/** Users and their passwords. */
export interface Users {
  /** Undefined: one of the two is wrong, after the same time whichever it is. `busy`: too many wait. */
  verify(user: string, password: string): Promise<Who | undefined> | 'busy'
  close(): void
}

export interface UserTools {
  readonly clock: Clock
  readonly queue: HashQueue
  readonly warn: (message: string) => void
  /** The passwords are other ones now. */
  readonly onChange: () => void
}

interface Entry {
  readonly stored: PasswordHash | Buffer
  readonly groups: readonly string[]
}

const none: readonly string[] = Object.freeze([])

/** @throws OptionError; for a file it names the line */
export function readUsers(option: string, given: BasicFile | BasicList, tools: UserTools): Users {
  knownKeys(option, given, ['file', 'interval', 'users'], true)
  const key = randomBytes(32)
  const workers = bcryptWorkers()
  let users = new Map<string, Entry>()
  let entries: readonly Entry[] = []

  const mac = (text: string): Buffer => createHmac('sha256', key).update(text).digest()

  function use(next: Map<string, Entry>): void {
    users = next
    entries = [...next.values()]
  }

  const watch = 'file' in given ? readFile(option, given, tools, (next) => use(next)) : undefined
  if (!('file' in given)) use(readList(option, given, mac))

  // Somebody else's password, the same one for each name: the answer takes as long as if the user were known.
  const decoy = (user: string): Entry | undefined => entries[mac(user).readUInt32LE() % entries.length]

  async function compare(entry: Entry | undefined, known: boolean, password: string): Promise<Who | undefined> {
    if (entry === undefined) return undefined
    const { stored } = entry
    const equal = Buffer.isBuffer(stored)
      ? timingSafeEqual(mac(password), stored)
      : await verifyPassword(stored, password, workers)
    return equal && known ? { user: '', groups: entry.groups } : undefined
  }

  return {
    verify(user, password) {
      const entry = users.get(user)
      const run = tools.queue.run(() => compare(entry ?? decoy(user), entry !== undefined, password))
      return run === undefined ? 'busy' : run.then((found) => found && { user, groups: found.groups })
    },
    close() {
      watch?.close()
      workers.close()
    },
  }
}

function readFile(
  option: string,
  given: BasicFile,
  { clock, warn, onChange }: UserTools,
  use: (users: Map<string, Entry>) => void,
): { close(): void } {
  if ('users' in given) throw new OptionError(option, given, "give one of 'file' and 'users'")
  const { file } = given
  if (typeof file !== 'string' || file === '') throw new OptionError(`${option}.file`, file, 'give the path of a file')
  const interval = time(`${option}.interval`, given.interval, 2000)
  let first = true
  try {
    return watchedText({
      path: resolve(file),
      interval,
      clock,
      take(text) {
        const found = parseHtpasswd(file, text)
        use(new Map([...found].map(([user, stored]) => [user, { stored, groups: none }])))
        if (!first) onChange()
        first = false
      },
      warn: (message) => warn(`${option}.file: ${message}`),
    })
  } catch (error) {
    throw new OptionError(`${option}.file`, file, error instanceof Error ? error.message : String(error))
  }
}

function readList(option: string, given: BasicList, mac: (text: string) => Buffer): Map<string, Entry> {
  const { users } = given
  if (!Array.isArray(users)) throw new OptionError(option, undefined, "give a 'file', or a list of 'users'")
  const found = new Map<string, Entry>()
  for (const [i, listed] of (users as readonly ListedUser[]).entries()) {
    const at = `${option}.users.${i}`
    knownKeys(at, listed, ['user', 'hash', 'password', 'groups'], true)
    const fault = userFault(listed.user)
    if (fault !== undefined) throw new OptionError(`${at}.user`, hidden, fault)
    if (found.has(listed.user)) throw new OptionError(`${at}.user`, listed.user, 'the user is in the list already')
    found.set(listed.user, {
      stored: readStored(at, listed, mac),
      groups: readGroupList(`${at}.groups`, listed.groups),
    })
  }
  return found
}

const hidden = '(hidden)'

function readStored(at: string, { hash, password }: ListedUser, mac: (text: string) => Buffer): PasswordHash | Buffer {
  if ((hash === undefined) === (password === undefined)) {
    throw new OptionError(at, {}, "give one of 'hash' and 'password'")
  }
  if (password !== undefined) {
    if (typeof password === 'string' && password !== '') return mac(password)
    throw new OptionError(`${at}.password`, hidden, 'give a text that is not empty')
  }
  const stored = typeof hash === 'string' ? parsePasswordHash(hash) : 'is no text'
  if (typeof stored === 'string') throw new OptionError(`${at}.hash`, hidden, `the password ${stored}`)
  return stored
}

function readGroupList(option: string, given: readonly string[] | undefined): readonly string[] {
  if (given === undefined) return none
  if (Array.isArray(given) && given.every((group) => typeof group === 'string' && group !== '')) {
    return Object.freeze([...given])
  }
  throw new OptionError(option, given, 'give a list of names')
}
