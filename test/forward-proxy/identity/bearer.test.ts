import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { exportJWK, type JWTPayload, SignJWT } from 'jose'
import type { BearerOptions } from '../../../src/forward-proxy/identity/identity-options.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { client, open } from './identity-bed.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
const base: BearerOptions = { issuer: 'https://id.test', audience: 'proxy', key: pem }
/** Where `fakeClock` begins, in seconds. */
const start = Date.UTC(2026, 0, 1) / 1000

interface Parts {
  readonly claims?: JWTPayload
  readonly algorithm?: string
  readonly key?: KeyObject | Uint8Array
}

async function token({ claims = {}, algorithm = 'ES256', key = privateKey }: Parts = {}): Promise<string[]> {
  const payload = { iss: 'https://id.test', aud: 'proxy', sub: 'ann', exp: start + 60, ...claims }
  const signed = await new SignJWT(payload).setProtectedHeader({ alg: algorithm, kid: 'one' }).sign(key as KeyObject)
  return ['Proxy-Authorization', `Bearer ${signed}`]
}

const bearer = (t: TestContext, options: Partial<BearerOptions> = {}, clock = fakeClock()) =>
  open(t, { bearer: { ...base, ...options } }, { clock })

test('a token that is right names a user and groups; the challenge is Bearer', async (t) => {
  const identity = bearer(t, { userClaim: 'email', groupsClaim: 'roles' })
  const claims = { email: 'ann@a.test', roles: ['staff', 7, '', 'admins'] }

  const outcome = await identity.authenticate(await token({ claims }), client)

  assert.deepEqual(outcome, { user: 'ann@a.test', groups: ['staff', 'admins'] })
  assert.deepEqual(identity.challenge(), ['Proxy-Authenticate', 'Bearer realm="proxy"'])
  assert.deepEqual(await bearer(t).authenticate(await token({ claims: { groups: 'a b' } }), client), {
    user: 'ann',
    groups: ['a', 'b'],
  })
})

test('a token of another issuer, audience, key or time is wrong', async (t) => {
  const identity = bearer(t)
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const wrong = [
    await token({ claims: { iss: 'https://evil.test' } }),
    await token({ claims: { aud: 'mail' } }),
    await token({ claims: { exp: start - 6 } }),
    await token({ claims: { nbf: start + 30 } }),
    await token({ claims: { exp: undefined as never } }),
    await token({ claims: { sub: undefined as never } }),
    await token({ claims: { sub: 'a\nb' } }),
    await token({ key: other }),
    // RFC 8725 2.1: the public key taken for a shared secret, and no signature at all.
    await token({ algorithm: 'HS256', key: Buffer.from(pem) }),
    ['Proxy-Authorization', `Bearer ${unsigned()}`],
    ['Proxy-Authorization', 'Bearer abc'],
  ]

  for (const fields of wrong) assert.equal(await identity.authenticate(fields, client), 'wrong', fields.join(': '))
})

function unsigned(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ iss: 'https://id.test', aud: 'proxy', sub: 'ann', exp: start + 60 })}.`
}

test('a token is remembered until it ends, and no longer', async (t) => {
  const clock = fakeClock()
  const identity = bearer(t, {}, clock)
  const fields = await token()
  await identity.authenticate(fields, client)

  clock.advance(64_000)
  assert.ok(!(identity.authenticate(fields, client) instanceof Promise))
  clock.advance(2000)
  assert.equal(await identity.authenticate(fields, client), 'wrong')
})

test('a shared secret is taken, of 32 bytes at least', async (t) => {
  const secret = 's'.repeat(32)
  const { key: _, ...others } = base
  const identity = open(t, { bearer: { ...others, secret } }, { clock: fakeClock() })

  const right = await token({ algorithm: 'HS256', key: Buffer.from(secret) })
  assert.deepEqual(await identity.authenticate(right, client), { user: 'ann', groups: [] })
  assert.throws(() => bearer(t, { secret }), /one of 'jwks', 'key' and 'secret'/)
  assert.throws(() => bearer(t, { algorithms: ['HS256'] }), /algorithms/)
  assert.throws(() => bearer(t, { key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }), /public key/)
})

test('keys are taken from where the issuer publishes them; while they cannot be had, nobody is wrong', async (t) => {
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }
  let status = 503
  const server = createServer((_, reply) => {
    reply.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
    reply.end(JSON.stringify({ keys: [jwk] }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { key: _, ...others } = base
  const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
  const identity = open(t, { bearer: { ...others, jwks }, failures: { most: 1 } }, { clock: fakeClock() })
  const fields = await token()

  await assert.rejects(
    async () => identity.authenticate(fields, client),
    (error: Error) => {
      assert.equal((error as { code?: string }).code, 'SP_INTERNAL')
      assert.ok(!error.message.includes(fields[1]?.slice(7) as string))
      return true
    },
  )
  status = 200
  assert.deepEqual(await identity.authenticate(fields, client), { user: 'ann', groups: [] })
})
