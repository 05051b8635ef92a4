import type { TLSSocket } from 'node:tls'
import { knownKeys, oneOf } from '../../contract/options.ts'
import type { CertificateOptions } from './identity-options.ts'

const kinds = ['cn', 'dns', 'email', 'uri'] as const
const prefixes = { dns: 'DNS:', email: 'email:', uri: 'URI:' } as const

/** What a certificate says. Without a user and not `wrong`, there is none. */
export interface CertificateFound {
  readonly user: string | undefined
  /** It is not trusted, or it has no one name of the kind that is asked for. */
  readonly wrong: boolean
}

export interface CertificateIdentity {
  read(socket: object): CertificateFound
}

/** Whose certificate a socket has, looked at once a socket: a connection asks many times, and its certificate stays. */
export function readCertificate(option: string, given: CertificateOptions): CertificateIdentity {
  knownKeys(option, given, ['user'])
  const kind = oneOf(`${option}.user`, given.user, 'cn', kinds)
  const known = new WeakMap<object, CertificateFound>()

  function look(socket: object): CertificateFound {
    const { getPeerX509Certificate, authorized } = socket as Partial<TLSSocket>
    const certificate = getPeerX509Certificate?.call(socket)
    if (certificate === undefined) return { user: undefined, wrong: false }
    if (authorized !== true) return { user: undefined, wrong: true }
    const user = kind === 'cn' ? commonName(certificate.subject) : otherName(certificate.subjectAltName, prefixes[kind])
    return { user, wrong: user === undefined }
  }

  return {
    read(socket) {
      let found = known.get(socket)
      if (found === undefined) {
        found = look(socket)
        known.set(socket, found)
      }
      return found
    },
  }
}

/** Lines of `CN=name`. Undefined where there is no or more than one, or where it is escaped: nobody is to be mistaken. */
function commonName(subject: string | undefined): string | undefined {
  const names = (subject ?? '').split('\n').filter((line) => line.startsWith('CN='))
  const name = names.length === 1 ? (names[0] as string).slice(3) : ''
  // Of a set of names of equal rank, ` + ` stands between them.
  return isPlain(name) && !name.includes(' + ') ? name : undefined
}

/** CVE-2021-44532: a name with a comma in it could pass for two. Node puts such ones in quotes; then nothing is taken. */
function otherName(names: string | undefined, prefix: string): string | undefined {
  if (names === undefined || names.includes('"')) return undefined
  const found = names.split(', ').filter((name) => name.startsWith(prefix))
  const name = found.length === 1 ? (found[0] as string).slice(prefix.length) : ''
  return isPlain(name) ? name : undefined
}

function isPlain(name: string): boolean {
  return name !== '' && name.length <= 255 && !/[\x00-\x1f\x7f-\x9f"\\]/.test(name)
}
