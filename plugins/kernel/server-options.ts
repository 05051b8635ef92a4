import type { FastifyServerOptions } from 'fastify'
import { answerClientError, answerFrameworkError } from './client-errors.ts'
import { readLimits } from './options.ts'
import type { LimitOptions } from './types.ts'

/** What `serverOptions` takes beside Fastify's own options. */
export interface ServerLimits {
  /** The same as the kernel's `limits`; both must know them. */
  readonly limits?: LimitOptions
}

/**
 * Options for `Fastify()` that a plugin cannot set once the server exists: strict limits, a drain that does not answer 503
 * to those in flight, neutral errors for what is no HTTP. What you pass wins over ours; `limits` are the kernel's, when
 * you change them there.
 *
 * @example
 * const app = Fastify(serverOptions({ http2: true }))
 */
export function serverOptions<
  T extends { readonly http2?: boolean; readonly [option: string]: unknown } = Record<never, never>,
>(own?: T): T & Pick<FastifyServerOptions, 'return503OnClosing' | 'requestTimeout'>
/** For options that are not known before the program runs. */
export function serverOptions(own: object | undefined): FastifyServerOptions
export function serverOptions(own?: object): object {
  const { limits, ...given } = (own ?? {}) as { http2?: boolean; https?: object; http?: object } & ServerLimits
  const { headerBytes, uriBytes } = readLimits(limits)
  // Node counts the request line too. What is over one of our own limits should be told so by us, and which.
  const node = {
    maxHeaderSize: headerBytes + uriBytes + 1024,
    headersTimeout: 15_000,
    connectionsCheckingInterval: 5_000,
    requireHostHeader: false,
  }
  const http2 = { settings: { maxConcurrentStreams: 100, maxHeaderListSize: headerBytes + uriBytes + 1024 } }
  const forServer = given.http2 === true ? (given.https === undefined ? http2 : { ...node, ...http2 }) : node

  return {
    logger: false,
    return503OnClosing: false,
    requestTimeout: 0,
    clientErrorHandler: answerClientError as never,
    frameworkErrors: answerFrameworkError as never,
    ...given,
    ...(given.https === undefined
      ? { http: { ...forServer, ...given.http } }
      : { https: { handshakeTimeout: 10_000, ...forServer, ...given.https } }),
  }
}
