import { createSecureContext } from 'node:tls'
import { flag, knownKeys, OptionError } from '../contract/options.ts'
import type { UpstreamTls } from '../contract/pool.ts'

const pems = ['ca', 'cert', 'key'] as const
const texts = ['passphrase', 'servername', 'minVersion'] as const
const keys: readonly (keyof UpstreamTls)[] = [...pems, ...texts, 'rejectUnauthorized']
const hidden = '(not shown)'

/**
 * Tries the keys and certificates now: at boot, and not with the first request.
 * @throws OptionError
 */
export function readUpstreamTls(option: string, tls: UpstreamTls | undefined): UpstreamTls | undefined {
  if (tls === undefined) return undefined
  checkTlsShape(option, tls)
  const { cert, key } = tls
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

/**
 * Looks at names and types alone: quick enough for each entry of a long list, each time that it comes.
 * @throws OptionError that says no value
 */
export function checkTlsShape(option: string, tls: UpstreamTls): void {
  knownKeys(option, tls, keys, true)
  flag(`${option}.rejectUnauthorized`, tls.rejectUnauthorized, true)
  for (const key of texts) {
    const given: unknown = tls[key]
    if (given === undefined || (typeof given === 'string' && given !== '')) continue
    throw new OptionError(`${option}.${key}`, hidden, 'give text')
  }
  for (const key of pems) {
    const given: unknown = tls[key]
    const list: readonly unknown[] = key === 'ca' && Array.isArray(given) ? given : [given]
    if (given === undefined || list.every((pem) => typeof pem === 'string' || Buffer.isBuffer(pem))) continue
    throw new OptionError(`${option}.${key}`, hidden, 'give PEM text')
  }
}

/** OpenSSL takes any text, finds no certificate in it, and then trusts nobody. */
function checkAuthorities(option: string, ca: UpstreamTls['ca'] = []): void {
  for (const one of [ca].flat()) {
    if (String(one).includes('-----BEGIN ')) continue
    throw new OptionError(option, hidden, 'give certificates as PEM text, such as the content of ca.pem')
  }
}
