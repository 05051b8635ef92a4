import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

export interface TestCertificate {
  readonly cert: string
  readonly key: string
}

export interface CertificateParts {
  /** Common name, and the only name of the certificate: a host name or an IPv4 address. @default 'localhost' */
  readonly name?: string
  /** Days before now at which it ended, when it has. */
  readonly expiredDays?: number
  /** Who signs. @default itself */
  readonly authority?: TestAuthority
}

export interface TestAuthority extends TestCertificate {
  readonly subject: string
  readonly keyObject: KeyObject
}

/** Makes an authority of its own, P-256. Made anew for each test run: nothing of it is trusted anywhere. */
export function createAuthority(subject: string): TestAuthority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const cert = certificate({
    subject,
    issuer: subject,
    publicKey,
    signer: privateKey,
    authority: true,
    from: -1,
    to: 1,
  })
  return { cert, key: pem(privateKey), subject, keyObject: privateKey }
}

/** Makes a certificate for a server or a client (RFC 5280, the least that OpenSSL takes). */
export function createCertificate(parts: CertificateParts = {}): TestCertificate {
  const { name = 'localhost', expiredDays, authority } = parts
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const to = expiredDays === undefined ? 1 : -expiredDays
  const signed = { subject: name, issuer: authority?.subject ?? name, publicKey, names: [name], from: to - 2, to }
  const cert = certificate({ ...signed, signer: authority?.keyObject ?? privateKey, authority: false })
  return { cert, key: pem(privateKey) }
}

interface Fields {
  readonly subject: string
  readonly issuer: string
  readonly publicKey: KeyObject
  readonly signer: KeyObject
  readonly authority: boolean
  readonly names?: readonly string[]
  /** Days from now. */
  readonly from: number
  readonly to: number
}

const ecdsaWithSha256 = der(0x30, oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))

function certificate({ subject, issuer, publicKey, signer, authority, names, from, to }: Fields): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const extensions = [
    extension([0x55, 0x1d, 0x13], true, der(0x30, authority ? der(0x01, Buffer.from([0xff])) : Buffer.alloc(0))),
    extension([0x55, 0x1d, 0x0e], false, der(0x04, createHash('sha1').update(spki).digest())),
    ...(names === undefined ? [] : [extension([0x55, 0x1d, 0x11], false, der(0x30, ...names.map(generalName)))]),
  ]
  const serial = randomBytes(8)
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ecdsaWithSha256,
    distinguishedName(issuer),
    der(0x30, time(from), time(to)),
    distinguishedName(subject),
    spki,
    der(0xa3, der(0x30, ...extensions)),
  )
  const signature = sign('sha256', body, signer)
  const whole = der(0x30, body, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature))
  const lines = whole
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd()
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

function extension(id: number[], critical: boolean, value: Buffer): Buffer {
  return der(0x30, oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value))
}

function generalName(name: string): Buffer {
  if (isIP(name) === 4) return der(0x87, Buffer.from(name.split('.').map(Number)))
  return der(0x82, Buffer.from(name))
}

function distinguishedName(commonName: string): Buffer {
  return der(0x30, der(0x31, der(0x30, oid([0x55, 0x04, 0x03]), der(0x0c, Buffer.from(commonName)))))
}

function time(days: number): Buffer {
  const text = new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '')
  return der(0x17, Buffer.from(text.slice(2)))
}

function oid(bytes: number[]): Buffer {
  return der(0x06, Buffer.from(bytes))
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const size = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string
}
