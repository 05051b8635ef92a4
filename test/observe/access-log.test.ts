import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProxyError } from '../../src/contract/errors.ts'
import { OptionError } from '../../src/contract/options.ts'
import { compileAccessLog, logLevel } from '../../src/observe/access-log.ts'
import { settledExchange } from './settled-exchange.ts'

const noon = Date.UTC(2026, 0, 2, 12, 0, 0)
const wall = (): number => noon + 12.5

test('json gives one flat object whose keys are the names of facts, without those that are missing', () => {
  const log = compileAccessLog('json')

  assert.deepEqual(log(settledExchange({ facts: { upstream: '127.0.0.1:3000', connect: 1.25 } })), {
    'request.id': 'id-1',
    kind: 'http',
    method: 'GET',
    scheme: 'http',
    authority: 'a.test:8080',
    target: '/x?q=1',
    protocol: 'HTTP/1.1',
    'client.ip': '192.0.2.1',
    'client.port': 4000,
    'peer.ip': '192.0.2.1',
    status: 200,
    'bytes.received': 0,
    'bytes.sent': 5,
    duration: 12.5,
    'duration.connect': 1.25,
    upstream: '127.0.0.1:3000',
    attempts: 1,
  })
})

test('combined is the format of Apache, with a dash for what is missing', () => {
  const log = compileAccessLog('combined', { wall })

  const full = log(settledExchange({ fields: ['Referer', 'http://b.test/', 'User-Agent', 'curl/8.0'] }))
  const bare = log(settledExchange({ facts: { status: 304, bytesSent: 0 } }))

  assert.equal(
    full,
    '192.0.2.1 - - [02/Jan/2026:12:00:00 +0000] "GET /x?q=1 HTTP/1.1" 200 5 "http://b.test/" "curl/8.0"',
  )
  assert.equal(bare, '192.0.2.1 - - [02/Jan/2026:12:00:00 +0000] "GET /x?q=1 HTTP/1.1" 304 - "-" "-"')
})

test('a template says its facts, a dash for a missing one, and braces that are doubled', () => {
  const log = compileAccessLog('{time} {client.ip} {method} {target} {status} {duration} {upstream} {{x}}', { wall })

  assert.equal(log(settledExchange()), '2026-01-02T12:00:00.000Z 192.0.2.1 GET /x?q=1 200 12.5 - {x}')
})

test('a template reads fields of the request without regard to case', () => {
  const log = compileAccessLog('{request.field.X-Tenant}')

  assert.equal(log(settledExchange({ fields: ['x-tenant', 'blue'] })), 'blue')
})

test('a format that cannot work is refused at boot, with the nearest fact that exists', () => {
  const refused = (format: unknown, message: RegExp): void => {
    assert.throws(
      () => compileAccessLog(format as string),
      (error) => error instanceof OptionError && message.test(error.message),
    )
  }

  refused('{client.id}', /Did you mean 'client\.ip'/)
  refused('{status', /a brace stands alone/)
  refused('{status}\r\n', /no line ends/)
  refused('combine', /give 'json', 'combined'/)
  refused('', /give 'json', 'combined'/)
  refused(7, /give 'json', 'combined'/)
})

test('a failure says its code and, in one line, why', () => {
  const cause = new ProxyError('SP_UPSTREAM_RESET', 'read failed:\nat byte 7', new Error('read ECONNRESET'))
  const exchange = settledExchange({ facts: { status: 502, error: 'SP_UPSTREAM_RESET', cause } })

  const line = compileAccessLog('json')(exchange) as Record<string, unknown>

  assert.equal(line.error, 'SP_UPSTREAM_RESET')
  assert.equal(line.cause, 'read failed: at byte 7: read ECONNRESET')
})

test('an error that causes itself, or that has no message, still makes a line', () => {
  const own = new Error('loop')
  own.cause = own
  const silent = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })
  const log = compileAccessLog('{cause}')

  assert.equal(log(settledExchange({ facts: { cause: own } })), 'loop')
  assert.equal(log(settledExchange({ facts: { cause: silent } })), 'AggregateError (ECONNREFUSED)')
})

test('a failure of ours or of the upstream is a warning; a client that left or sent nonsense is not', () => {
  const level = (
    error: 'SP_CONNECT_REFUSED' | 'SP_INTERNAL' | 'SP_CLIENT_GONE' | 'SP_BAD_TARGET' | 'SP_HTTP_VERSION',
  ) => logLevel(settledExchange({ facts: { error } }))

  assert.equal(level('SP_CONNECT_REFUSED'), 'warn')
  assert.equal(level('SP_INTERNAL'), 'warn')
  assert.equal(level('SP_CLIENT_GONE'), 'info')
  assert.equal(level('SP_BAD_TARGET'), 'info')
  assert.equal(level('SP_HTTP_VERSION'), 'info')
  assert.equal(logLevel(settledExchange({ facts: { status: 500 } })), 'info')
})
