import { OptionError } from '../contract/options.ts'

/** Where an upstream is: a Unix socket, or an origin with a path before every path that is sent there. */
export type OriginUrl =
  | { readonly socketPath: string; readonly url: undefined }
  | { readonly socketPath: undefined; readonly url: URL }

const right = "give an http or https URL such as 'http://127.0.0.1:3000', or 'http+unix:/path/to.sock'"
const unix = /^(?:unix|http\+unix|unix\+http):(?:\/\/)?(\/[^?#]*)$/

/**
 * Reads the URL of an upstream.
 * @throws OptionError for another scheme, userinfo, a query, a fragment, port 0
 */
export function readOriginUrl(option: string, given: unknown): OriginUrl {
  const socketPath = typeof given === 'string' ? unix.exec(given)?.[1] : undefined
  if (socketPath !== undefined) return { socketPath, url: undefined }
  const url = typeof given === 'string' ? URL.parse(given) : null
  if (url === null || !/^https?:$/.test(url.protocol)) throw new OptionError(option, given, right)
  if (url.username !== '' || url.password !== '') {
    throw new OptionError(option, url.host, `credentials do not belong in the URL; ${right}`)
  }
  if (url.search !== '' || url.hash !== '') throw new OptionError(option, given, `no query or fragment here; ${right}`)
  if (url.port === '0') throw new OptionError(option, given, `port 0 is no port to connect to; ${right}`)
  return { socketPath: undefined, url }
}

/** One spelling for one place, so that the same one twice is seen. */
export function placeOf({ socketPath, url }: OriginUrl): string {
  return socketPath === undefined ? url.href : `unix:${socketPath}`
}
