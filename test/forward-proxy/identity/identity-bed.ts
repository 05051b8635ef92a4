import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { hashSync } from 'bcryptjs'
import { systemClock } from '../../../src/contract/clock.ts'
import type { Client } from '../../../src/contract/target.ts'
import { type Identity, type IdentityTools, readIdentity } from '../../../src/forward-proxy/identity/identity.ts'
import type { IdentityOptions } from '../../../src/forward-proxy/identity/identity-options.ts'

export function clientAt(ip: string): Client {
  return { ip, port: 4000, peer: ip, trusted: false }
}

export const client: Client = clientAt('192.0.2.1')

/** Fields of a request with a user and a password. */
export function basic(user: string, password: string): string[] {
  return ['Host', 'a.test', 'Proxy-Authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`]
}

/** As `htpasswd -B -C 4` writes it, but for the cost: the least, for a test. */
export function bcrypt(password: string): string {
  return hashSync(password, 4).replace(/^\$2b/, '$2y')
}

export function open(t: TestContext, options: IdentityOptions, tools: Partial<IdentityTools> = {}): Identity {
  const identity = readIdentity('identity', options, { clock: systemClock, warn: () => {}, ...tools })
  t.after(() => identity.close())
  return identity
}

export function file(t: TestContext, name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'identity-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
