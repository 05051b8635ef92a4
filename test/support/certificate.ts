import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/**
 * A self-signed certificate, made by openssl, valid for a day.
 * @param options.san subject alternative names as openssl writes them: `DNS:localhost`, `IP:127.0.0.1`
 */
export function makeCertificate(options: { cn: string; san: readonly string[] }): { cert: string; key: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-certificate-'))
  const cert = path.join(folder, 'cert.pem')
  const key = path.join(folder, 'key.pem')
  try {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
        ...['-subj', `/CN=${options.cn}`, '-addext', `subjectAltName=${options.san.join(',')}`],
        ...['-keyout', key, '-out', cert],
      ],
      { stdio: 'pipe' },
    )
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
