import { hash } from 'node:crypto'
import { isIP } from 'node:net'
import { flag, integer, knownKeys, OptionError } from '../../contract/options.ts'
import { placeOf, readOriginUrl } from '../../http/origin-url.ts'
import type { UpstreamOptions } from '../options.ts'
import { checkTlsShape } from '../upstream-tls.ts'
import { readWeight } from '../weight.ts'

/** Upstreams that one list may have. */
export const mostUpstreams = 10_000

const keys: readonly (keyof UpstreamOptions)[] = [
  'url',
  'weight',
  'priority',
  'backup',
  'locality',
  'maxRequests',
  'maxConnections',
  'http2',
  'tls',
  'address',
]

/**
 * A list that came from outside: URLs, or objects with the options of an upstream. Copied, so that nobody changes it later.
 * @throws OptionError for what is no list, an entry that is wrong, the same upstream twice, more than 10,000
 */
export function readUpstreamList(option: string, given: unknown): readonly UpstreamOptions[] {
  if (!Array.isArray(given)) throw new OptionError(option, given, 'give a list of URLs, or of objects with a url')
  if (given.length > mostUpstreams) {
    throw new OptionError(option, given.length, `at most ${mostUpstreams} upstreams can be in a list`)
  }
  const places = new Set<string>()
  return given.map((entry: unknown, i) => {
    const at = `${option}[${i}]`
    const upstream = readUpstream(at, entry)
    const place = `${placeOf(readOriginUrl(`${at}.url`, upstream.url))} ${upstream.address ?? ''}`
    if (places.has(place)) throw new OptionError(`${at}.url`, upstream.url, 'it is in the list already')
    places.add(place)
    return upstream
  })
}

/** The same for lists with the same upstreams in any order, different for different ones. */
export function fingerprint(upstreams: readonly UpstreamOptions[]): string {
  return hash('sha256', upstreams.map(canonical).sort().join('\n'))
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part !== 'object' || part === null || Array.isArray(part)
      ? part
      : Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))),
  )
}

/**
 * One upstream: a URL, or an object with the options of one. Copied.
 * @throws OptionError
 */
export function readUpstream(option: string, given: unknown): UpstreamOptions {
  const options = (typeof given === 'string' ? { url: given } : given) as UpstreamOptions
  knownKeys(option, options, keys)
  const { weight, locality, address, tls } = options
  readOriginUrl(`${option}.url`, options.url)
  if (weight !== undefined) readWeight(`${option}.weight`, weight)
  integer(`${option}.priority`, options.priority, 0)
  if (flag(`${option}.backup`, options.backup, false) && options.priority !== undefined) {
    throw new OptionError(`${option}.backup`, true, "it stands for the priority after all others; leave 'priority' out")
  }
  if (locality !== undefined && (typeof locality !== 'string' || locality === '')) {
    throw new OptionError(`${option}.locality`, locality, 'give text')
  }
  integer(`${option}.maxRequests`, options.maxRequests, 1, 1)
  integer(`${option}.maxConnections`, options.maxConnections, 1, 1)
  flag(`${option}.http2`, options.http2, false)
  if (address !== undefined && (typeof address !== 'string' || isIP(address) === 0)) {
    throw new OptionError(`${option}.address`, address, "give an IP address such as '10.0.0.7'")
  }
  if (tls === undefined) return Object.freeze({ ...options })
  checkTlsShape(`${option}.tls`, tls)
  return Object.freeze({ ...options, tls: Object.freeze({ ...tls }) })
}
