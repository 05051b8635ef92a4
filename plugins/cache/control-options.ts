import { isIPv4 } from 'node:net'
import { flag, integer, knownKeys, OptionError } from '../../src/contract/options.ts'

/** Where the cache is looked into and purged from outside, by `sallyport cache` and by scripts: never by a proxied path. */
export interface ControlOptions {
  /** Unix socket such as `'/run/sallyport/cache.sock'`, for this user alone (mode 0600). One process to a path. */
  readonly path?: string
  /** TCP port in place of a socket; 0 is any free one. Then `token` is needed. */
  readonly port?: number
  /** Address for `port`, of this machine alone. @default '127.0.0.1' */
  readonly host?: string
  /** At least 16 characters, sent as `Authorization: Bearer TOKEN`. Who has it empties the cache: make it by chance. */
  readonly token?: string
  /** Allow a `host` that others can reach. It speaks plain HTTP: whoever listens on the way has the token. @default false */
  readonly remote?: boolean
}

export type ControlSettings =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly token: string }

/** What fits in `sockaddr_un` everywhere (104 bytes on macOS), with room for the name that it has while it is made. */
const longestPath = 90
const leastToken = 16

/**
 * @param at `'control'`
 * @throws OptionError for anything that cannot work, without the token
 */
export function readControl(at: string, given: ControlOptions): ControlSettings {
  knownKeys(at, given, ['path', 'port', 'host', 'token', 'remote'], true)
  const { path, port, token } = given
  if (path !== undefined) {
    for (const key of ['port', 'host', 'token', 'remote'] as const) {
      if (given[key] !== undefined) {
        throw new OptionError(`${at}.${key}`, '(hidden)', `${at}.path is given: take a socket or a port`)
      }
    }
    return { path: readSocketPath(`${at}.path`, path) }
  }
  if (port === undefined) {
    throw new OptionError(at, given, "give { path: '/run/sallyport/cache.sock' } or { port: 8090, token }")
  }
  if (integer(`${at}.port`, port, 0) > 65535) throw new OptionError(`${at}.port`, port, 'a port is at most 65535')
  if (token === undefined) throw new OptionError(`${at}.token`, undefined, 'a port needs one, made by chance')
  // Visible ASCII is what a field can carry, and what no two programs read differently.
  if (typeof token !== 'string' || token.length < leastToken || !/^[!-~]+$/.test(token)) {
    const right = `give at least ${leastToken} visible ASCII characters, made by chance`
    throw new OptionError(`${at}.token`, '(hidden)', right)
  }
  return { host: readHost(at, given), port, token }
}

/** @throws OptionError for what no Unix socket can be at */
export function readSocketPath(option: string, path: string): string {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new OptionError(option, path, "give a path such as '/run/sallyport/cache.sock'")
  }
  if (Buffer.byteLength(path) > longestPath) {
    throw new OptionError(option, path, `the system allows ${longestPath} bytes: choose a shorter folder`)
  }
  return path
}

function readHost(at: string, { host = '127.0.0.1', remote }: ControlOptions): string {
  if (typeof host !== 'string' || host === '') throw new OptionError(`${at}.host`, host, "give '127.0.0.1' or '::1'")
  const isLoopback = host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
  if (isLoopback || flag(`${at}.remote`, remote, false)) return host
  const right = `others can reach it. Take '127.0.0.1', or say ${at}.remote: true`
  throw new OptionError(`${at}.host`, host, right)
}
