import { isIP } from 'node:net'
import { between, duration, flag, integer, knownKeys, OptionError, oneOf, size } from '../../contract/options.ts'
import type { UpstreamTls } from '../../contract/pool.ts'
import { parseAuthority } from '../../http/authority.ts'
import { readUpstreamTls } from '../upstream-tls.ts'
import { type BodyExpectation, readBody, readStatuses, type StatusExpectation, type StatusOption } from './expect.ts'
import { readCheckFields } from './fields.ts'

const kinds = ['http', 'tcp', 'grpc'] as const
const methods = ['GET', 'HEAD', 'OPTIONS', 'POST'] as const

/** What an answer must be for the upstream to be well. */
export interface ExpectOptions {
  /** `204`, `'2xx'`, `'200-299'`, or a list of these. Redirects are not followed. @default '200-399' */
  readonly status?: StatusOption | readonly StatusOption[]
  /**
   * Text that the body must hold, or a pattern that it must match. Reading stops as soon as text is found. Danger: a
   * pattern runs on what the upstream sent; keep it simple.
   * @default any body
   */
  readonly body?: string | RegExp
  /** Bytes of a body that are looked at; the rest is not read. @default '64KiB' */
  readonly bodyLimit?: number | string
}

/** Active checks: each upstream of the pool is asked now and then whether it is well. Times in milliseconds or `'5s'`. */
export interface HealthOptions {
  /**
   * `http` asks for a path; `tcp` only connects, TLS included where the upstream has it; `grpc` asks the health service
   * that gRPC servers carry (`grpc.health.v1.Health/Check`), over HTTP/2.
   * @default 'http'
   */
  readonly kind?: (typeof kinds)[number]
  /** Goes after the path of the upstream's URL, as every path does. `*` with OPTIONS is the server as a whole. @default '/' */
  readonly path?: string
  /** A check should change nothing: POST is for those who answer to nothing else. @default 'GET' */
  readonly method?: (typeof methods)[number]
  /** Host field. SNI stays what `tls` says. @default the upstream's authority */
  readonly host?: string
  /** Further fields of the request, such as `{ authorization: 'Bearer ...' }`. Never told in a reason or a log. */
  readonly fields?: Readonly<Record<string, string>>
  readonly expect?: ExpectOptions
  /** Service that a gRPC server is asked about. @default '': the server as a whole */
  readonly service?: string
  /** Another port for the checks. @default the upstream's */
  readonly port?: number
  /** TLS settings for the checks, in place of the upstream's; only an https upstream has TLS. @default the upstream's */
  readonly tls?: UpstreamTls
  /** Ask over HTTP/2. @default as the upstream is spoken to; 'grpc': true */
  readonly http2?: boolean
  /** From the beginning of one check to the next. @default '5s' */
  readonly interval?: number | string
  /**
   * Stands in for `interval` while a change is in the air: after a failed check until `fall` decides, and after a good one
   * until `rise` does. @default '1s', or `interval` when that is less
   */
  readonly edgeInterval?: number | string
  /** Stands in for `interval` while the upstream is down. @default '1s', or `interval` when that is less */
  readonly downInterval?: number | string
  /** Part of each interval by which it is drawn longer or shorter, 0 to 1, so that proxies do not ask in step. @default 0.1 */
  readonly jitter?: number
  /** Good checks in a row that bring it up. The first answer of all decides alone. @default 2 */
  readonly rise?: number
  /** Failed checks in a row that take it down. The first answer of all decides alone. @default 3 */
  readonly fall?: number
  /** For one check, connection and answer together; at most `interval`. @default '2s', or `interval` when that is less */
  readonly timeout?: number | string
  /** A refused connection, one reset while it is made, and a name that DNS does not know take it down without `fall`. @default true */
  readonly instantFail?: boolean
  /** Checks of this pool that run at a time; the others wait for their turn. @default 64 */
  readonly maxConcurrent?: number
}

export interface HealthSettings {
  readonly kind: 'http' | 'tcp' | 'grpc'
  readonly path: string
  readonly method: string
  readonly host: string | undefined
  /** Name, value, name, value. */
  readonly fields: readonly string[]
  readonly status: StatusExpectation
  readonly body: BodyExpectation | undefined
  readonly bodyLimit: number
  readonly service: string
  readonly port: number | undefined
  readonly tls: UpstreamTls | undefined
  readonly http2: boolean | undefined
  readonly interval: number
  readonly edgeInterval: number
  readonly downInterval: number
  readonly jitter: number
  readonly rise: number
  readonly fall: number
  readonly timeout: number
  readonly instantFail: boolean
  readonly maxConcurrent: number
  /** Where these options stand, for errors that only an upstream brings to light. */
  readonly option: string
}

const often = ['port', 'tls', 'interval', 'edgeInterval', 'downInterval', 'jitter', 'rise', 'fall', 'timeout']
const common = ['kind', ...often, 'instantFail', 'maxConcurrent']
const own: Readonly<Record<string, readonly string[]>> = {
  http: ['path', 'method', 'host', 'fields', 'expect', 'http2'],
  tcp: [],
  grpc: ['host', 'fields', 'service'],
}
const known = [...common, 'path', 'method', 'host', 'fields', 'expect', 'http2', 'service']
const shortest = 10

/**
 * Text is short for `{ path }`; false and undefined are no checks.
 * @throws OptionError for what cannot work
 */
export function readHealth(
  option: string,
  given: string | HealthOptions | false | undefined,
): HealthSettings | undefined {
  if (given === undefined || given === false) return undefined
  const options: HealthOptions = typeof given === 'string' ? { path: given } : given
  knownKeys(option, options, known)
  const kind = oneOf(`${option}.kind`, options.kind, 'http', kinds)
  for (const key of Object.keys(options) as (keyof HealthOptions)[]) {
    if (options[key] === undefined || common.includes(key) || own[kind]?.includes(key) === true) continue
    throw new OptionError(`${option}.${key}`, options[key], `a check of the kind '${kind}' has no '${key}'`)
  }
  const method = oneOf(`${option}.method`, options.method, 'GET', methods)
  const interval = span(`${option}.interval`, options.interval, 5000)
  const { expect = {} } = options
  knownKeys(`${option}.expect`, expect, ['status', 'body', 'bodyLimit'])
  if (method === 'HEAD' && expect.body !== undefined) {
    throw new OptionError(`${option}.expect.body`, expect.body, 'an answer to HEAD has no body: use GET')
  }
  return Object.freeze({
    kind,
    path: readPath(option, options.path, method),
    method,
    host: readHost(`${option}.host`, options.host),
    fields: readCheckFields(`${option}.fields`, options.fields),
    status: readStatuses(`${option}.expect.status`, expect.status),
    body: readBody(`${option}.expect.body`, expect.body),
    bodyLimit: readLimit(`${option}.expect.bodyLimit`, expect.bodyLimit),
    service: readService(`${option}.service`, options.service),
    port: readPort(`${option}.port`, options.port),
    tls: readUpstreamTls(`${option}.tls`, options.tls),
    http2: kind === 'grpc' ? true : readHttp2(`${option}.http2`, options.http2),
    interval,
    edgeInterval: within(`${option}.edgeInterval`, options.edgeInterval, 1000, interval),
    downInterval: span(`${option}.downInterval`, options.downInterval, Math.min(1000, interval)),
    jitter: between(`${option}.jitter`, options.jitter, 0.1, 0, 1),
    rise: integer(`${option}.rise`, options.rise, 2, 1),
    fall: integer(`${option}.fall`, options.fall, 3, 1),
    timeout: within(`${option}.timeout`, options.timeout, 2000, interval),
    instantFail: flag(`${option}.instantFail`, options.instantFail, true),
    maxConcurrent: integer(`${option}.maxConcurrent`, options.maxConcurrent, 64, 1),
    option,
  })
}

function span(option: string, given: number | string | undefined, byDefault: number): number {
  const ms = duration(option, given, byDefault)
  if (ms >= shortest) return ms
  throw new OptionError(option, given, `give at least ${shortest} ms; to check nothing, leave 'health' out`)
}

function within(option: string, given: number | string | undefined, byDefault: number, interval: number): number {
  const ms = span(option, given, Math.min(byDefault, interval))
  if (ms <= interval) return ms
  throw new OptionError(option, given, `give no more than the interval, ${interval} ms`)
}

function readPath(option: string, given: string | undefined, method: string): string {
  if (given === undefined) return '/'
  if (given === '*' && method === 'OPTIONS') return given
  // RFC 3986 3.3 and 3.4, and what is commonly sent beside: visible ASCII, no fragment.
  if (typeof given === 'string' && /^\/[!"$-~]*$/.test(given)) return given
  throw new OptionError(
    `${option}.path`,
    given,
    "give a path such as '/healthz', percent-encoded where it is not ASCII",
  )
}

function readHost(option: string, given: string | undefined): string | undefined {
  if (given === undefined || (typeof given === 'string' && parseAuthority(given) !== undefined)) return given
  const right =
    typeof given === 'string' && isIP(given) === 6 ? `write it as '[${given}]'` : "give 'host' or 'host:port'"
  throw new OptionError(option, given, right)
}

function readLimit(option: string, given: number | string | undefined): number {
  const bytes = size(option, given, 64 * 1024)
  if (bytes >= 1 && bytes <= 16 * 1024 ** 2) return bytes
  throw new OptionError(option, given, 'it is kept in memory for each check: give 1 byte to 16 MiB')
}

function readService(option: string, given: string | undefined): string {
  if (given === undefined) return ''
  if (typeof given === 'string' && given.length <= 1024) return given
  throw new OptionError(option, given, "give the name of a gRPC service such as 'shop.v1.Cart'")
}

function readHttp2(option: string, given: boolean | undefined): boolean | undefined {
  return given === undefined ? undefined : flag(option, given, false)
}

function readPort(option: string, given: number | undefined): number | undefined {
  if (given === undefined || (Number.isInteger(given) && given >= 1 && given <= 65_535)) return given
  throw new OptionError(option, given, 'give a port from 1 to 65535')
}
