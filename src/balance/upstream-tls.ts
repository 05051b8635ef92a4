import { createSecureContext } from 'node:tls'
import { flag, knownKeys, OptionError } from '../contract/options.ts'
import type { UpstreamTls } from '../contract/pool.ts'

/** What TLS settings may hold. */
export const tlsKeys: readonly (keyof UpstreamTls)[] = [
  'ca',
  'cert',
  'key',
  'passphrase',
  'servername',
  'rejectUnauthorized',
  'minVersion',
]

/**
 * Tries the keys and certificates now: at boot, and not with the first request.
 * @throws OptionError
 */
export function readUpstreamTls(option: string, tls: UpstreamTls | undefined): UpstreamTls | undefined {
  if (tls === undefined) return undefined
  knownKeys(option, tls, tlsKeys, true)
  flag(`${option}.rejectUnauthorized`, tls.rejectUnauthorized, true)
  const { servername, cert, key } = tls
  if (servername !== undefined && !(typeof servername === 'string' && servername !== '')) {
    throw new OptionError(`${option}.servername`, servername, "give a name such as 'api.internal'")
  }
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'cert' : 'key'
    throw new OptionError(`${option}.${missing}`, undefined, 'a client certificate needs both cert and key')
  }
  checkAuthorities(`${option}.ca`, tls.ca)
  try {
    const { ca, passphrase, minVersion } = tls
    createSecureContext({ ca: ca as string, cert, key, passphrase, minVersion })
  } catch (error) {
    throw new OptionError(option, tls, `give PEM text that OpenSSL can read: ${(error as Error).message}`)
  }
  return tls
}

/** OpenSSL takes any text, finds no certificate in it, and then trusts nobody. */
function checkAuthorities(option: string, ca: UpstreamTls['ca'] = []): void {
  for (const one of [ca].flat()) {
    if (String(one).includes('-----BEGIN ')) continue
    throw new OptionError(option, '(not shown)', 'give certificates as PEM text, such as the content of ca.pem')
  }
}
