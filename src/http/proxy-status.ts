/**
 * A member of the Proxy-Status field (RFC 9209): `edge-1; error=connection_refused`.
 * @param pseudonym name of this proxy, the same as in Via
 * @param error a type of RFC 9209 section 2.3
 * @param received status that the upstream sent, when one came
 */
export function proxyStatus(pseudonym: string, error: string, received?: number): string {
  const status = received === undefined ? '' : `; received-status=${received}`
  return `${tokenOrString(pseudonym)}; error=${error}${status}`
}

// RFC 9651 3.3.4
const token = /^[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*$/

/** A name as a structured field has it: a token, else a string, which holds printable ASCII alone (RFC 9651 3.3.3). */
export function tokenOrString(text: string): string {
  if (token.test(text)) return text
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}
