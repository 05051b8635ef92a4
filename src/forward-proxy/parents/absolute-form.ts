import type { Parent } from './parent.ts'

/** A plain HTTP request as an HTTP parent wants it (RFC 9112 3.2.2). */
export interface AbsoluteForm {
  /** The request target. The Host field stays that of the target. */
  readonly target: string
  /** Value of the Proxy-Authorization field; undefined when there is none. */
  readonly proxyAuthorization: string | undefined
}

/**
 * What to send to the last parent of a way in place of CONNECT; undefined when that parent wants a tunnel. Open the
 * connection with `dialChain(hops, undefined, ...)`, and keep it for requests of this way alone.
 * @param authority of the target, as in Host
 * @param path origin-form with its query, or `*` (RFC 9112 3.2.4: then the target has no path)
 */
export function absoluteForm(hops: readonly Parent[], authority: string, path: string): AbsoluteForm | undefined {
  const last = hops.at(-1)
  if (last === undefined || (last.scheme !== 'http' && last.scheme !== 'https')) return undefined
  return {
    target: `http://${authority}${path === '*' ? '' : path}`,
    proxyAuthorization: last.credentials?.basic,
  }
}
