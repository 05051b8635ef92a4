import { serializeToken } from './structured-fields.ts'

/**
 * A member of the Proxy-Status field (RFC 9209): `edge-1; error=connection_refused`.
 * @param pseudonym name of this proxy, the same as in Via
 * @param error a type of RFC 9209 section 2.3
 * @param received status that the upstream sent, when one came
 */
export function proxyStatus(pseudonym: string, error: string, received?: number): string {
  const status = received === undefined ? '' : `; received-status=${received}`
  return `${serializeToken(pseudonym)}; error=${error}${status}`
}
