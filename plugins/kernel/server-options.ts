import type { FastifyServerOptions } from 'fastify'
import { answerClientError, answerFrameworkError } from './client-errors.ts'

/**
 * Options for `Fastify()` that a plugin cannot set once the server exists: strict limits, a drain that does not answer 503
 * to those in flight, neutral errors for what is no HTTP. What you pass wins over ours.
 *
 * @example
 * const app = Fastify(serverOptions({ http2: true }))
 */
export function serverOptions<T extends object = Record<never, never>>(own?: T): FastifyServerOptions & T {
  const given = (own ?? {}) as { http2?: boolean; https?: object; http?: object }
  const limits = { maxHeaderSize: 16 * 1024, headersTimeout: 15_000, connectionsCheckingInterval: 5_000 }
  const http2Settings = { settings: { maxConcurrentStreams: 100, maxHeaderListSize: 16 * 1024 } }
  const forServer =
    given.http2 === true ? (given.https === undefined ? http2Settings : { ...limits, ...http2Settings }) : limits

  return {
    logger: false,
    return503OnClosing: false,
    requestTimeout: 0,
    clientErrorHandler: answerClientError as never,
    frameworkErrors: answerFrameworkError as never,
    ...own,
    ...(given.https === undefined
      ? { http: { ...forServer, ...given.http } }
      : { https: { handshakeTimeout: 10_000, ...forServer, ...given.https } }),
  } as unknown as FastifyServerOptions & T
}
