import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OptionError } from '../../src/contract/options.ts'
import { compileAccessLog } from '../../src/observe/access-log.ts'
import { settledExchange } from './settled-exchange.ts'

/** The target as the log shows it. */
function shown(query: string, redactQuery?: readonly string[] | false): string {
  const log = compileAccessLog('{query}', { redactQuery })
  return log(settledExchange({ target: { query } })) as string
}

test('values of secret parameters never reach the log, whatever the spelling of the name', () => {
  for (const name of [
    ...['token', 'access_token', 'api_key', 'apikey', 'key', 'password', 'passwd', 'secret', 'signature', 'sig'],
    ...['auth', 'code', 'session', 'TOKEN', 'apiKey', 'api-key', 'client_secret', 'refresh_token'],
    ...['X-Amz-Signature', 'X-Amz-Security-Token', 'user[password]', 'token[]', 'token[0]', '%74oken', 'toke%6E'],
  ]) {
    assert.equal(shown(`?a=1&${name}=hunter2&b=2`), `?a=1&${name}=[redacted]&b=2`)
  }
})

test('a value is hidden to its end: with signs of equality, question marks and slashes in it, and after a semicolon', () => {
  assert.equal(shown('?token=a=b==&x=1'), '?token=[redacted]&x=1')
  assert.equal(shown('?token=a?b/c:d@e'), '?token=[redacted]')
  assert.equal(shown('?x=1;token=abc;y=2'), '?x=1;token=[redacted];y=2')
  assert.equal(shown('?token=one&token=two'), '?token=[redacted]&token=[redacted]')
})

test('a secret inside a URL that is itself a parameter is hidden', () => {
  assert.equal(shown('?next=/in?token=abc&x=1'), '?next=/in?token=[redacted]&x=1')
  assert.equal(shown('?next=%2Fin%3Ftoken%3Dabc%26y%3D2&x=1'), '?next=%2Fin%3Ftoken%3D[redacted]%26y%3D2&x=1')
})

test('what only resembles a secret stays', () => {
  for (const query of ['?q=token', '?zip_code=8000', '?keyboard=de', '?author=me', '?token', '?', '?=x', '?a==b']) {
    assert.equal(shown(query), query)
  }
})

test('own names take the place of the built-in ones; false hides none', () => {
  assert.equal(shown('?ticket=a&token=b', ['ticket']), '?ticket=[redacted]&token=b')
  assert.equal(shown('?token=b', false), '?token=b')
  assert.throws(() => shown('', ['' as string]), OptionError)
  assert.throws(() => shown('', 'token' as never), OptionError)
})

test('credentials among the fields of a request are never written', () => {
  for (const name of ['Authorization', 'Cookie', 'Proxy-Authorization', 'Set-Cookie', 'X-Api-Key', 'X-Auth-Token']) {
    for (const redactQuery of [undefined, false as const]) {
      const log = compileAccessLog(`{request.field.${name}}`, { redactQuery })
      assert.equal(log(settledExchange({ fields: [name.toLowerCase(), 'hunter2'] })), '[redacted]')
    }
  }
})

test('userinfo and secrets are hidden in referers, targets and causes', () => {
  const fields = ['Referer', 'http://me:hunter2@b.test/?code=hunter2']
  const cause = new Error('no route to https://me:hunter2@up.test/?sig=hunter2&x=1')
  const exchange = settledExchange({
    fields,
    // A target that could not be read stands whole in `path`.
    target: { path: 'http://me:hunter2@a.test/?token=hunter2', query: '', authority: 'me:hunter2@a.test' },
    facts: { status: 502, error: 'SP_CONNECT_FAILED', cause },
  })

  for (const format of ['json', 'combined', '{path} {authority} {cause} {request.field.referer}']) {
    const line = JSON.stringify(compileAccessLog(format)(exchange))
    assert.doesNotMatch(line, /hunter2/)
    assert.match(line, /\[redacted\]/)
  }
})
