import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  buildResponseFields,
  compileResponseFields,
  hasUnknownCoding,
  type ResponseFieldOptions,
} from '../../src/http/response-fields.ts'
import { exchangeWith, upstreamWith } from './exchange-with.ts'

const bare: ResponseFieldOptions = {
  via: undefined,
  rules: undefined,
  rewriteLocation: false,
  rewriteCookies: undefined,
}
const mapping = { prefix: '/api', upstreamPrefix: '' }

function bytes(fields: readonly string[]): Buffer[] {
  return fields.map((field) => Buffer.from(field, 'latin1'))
}

function build(fields: readonly string[], options: Partial<ResponseFieldOptions> = {}, trailers = false): unknown {
  const plan = compileResponseFields({ ...bare, ...options })
  const fromBytes = buildResponseFields(plan, exchangeWith({}), bytes(fields), upstreamWith({}), mapping, trailers)
  const fromText = buildResponseFields(plan, exchangeWith({}), fields, upstreamWith({}), mapping, trailers)
  assert.deepEqual(fromBytes, fromText)
  return fromBytes
}

test('order, case, duplicates and every byte of a value are kept', () => {
  const fields = [
    'sErver',
    'x',
    'Set-Cookie',
    'a=1',
    'X-A',
    '\x80\xe9\xff',
    'set-cookie',
    'b=2',
    'x-a',
    'a\tb',
    'X-Empty',
    '',
  ]

  assert.deepEqual(build(fields), fields)
})

test('hop-by-hop and pseudo fields stay here (RFC 9110 7.6.1, node-http-proxy#1488, security 65)', () => {
  const fields = [
    ...['Connection', 'keep-alive', 'Keep-Alive', 'timeout=5', 'Proxy-Connection', 'x', 'Proxy-Authenticate', 'Basic'],
    ...['TE', 'gzip', 'Upgrade', 'h2c', 'Transfer-Encoding', 'chunked', 'Trailer', 'X-T', ':status', '200'],
    ...['Proxy-Authentication-Info', 'x', 'Proxy-Status', 'up', 'Content-Length', '3'],
  ]

  assert.deepEqual(build(fields), ['Proxy-Status', 'up', 'Content-Length', '3'])
})

test('what Connection nominates stays here, wherever it stands, and what a client decides by does not', () => {
  const fields = [
    'X-Up',
    'secret',
    'Connection',
    'X-Up, Set-Cookie, Cache-Control, Content-Length',
    'Set-Cookie',
    'a=1',
  ]

  assert.deepEqual(build([...fields, 'Content-Length', '3', 'x-up', 'b']), ['Set-Cookie', 'a=1', 'Content-Length', '3'])
})

test('Trailer announces trailers that can be passed on, and else does not stand (security S19)', () => {
  assert.deepEqual(build(['Trailer', 'X-T'], {}, true), ['Trailer', 'X-T'])
  assert.deepEqual(build(['Trailer', 'X-T'], {}, false), [])
})

test('a transfer coding that is not one chunked gives no fields at all: 502 (RFC 9112 6.1, security S9)', () => {
  const good = ['chunked', 'Chunked', ' chunked ']
  const bad = ['gzip, chunked', 'gzip', 'chunked, chunked', 'identity', '', 'chunked;q=1']

  for (const value of good) {
    assert.deepEqual(build(['X-A', '1', 'Transfer-Encoding', value]), ['X-A', '1'], value)
    assert.equal(hasUnknownCoding(bytes(['Transfer-Encoding', value])), false, value)
  }
  for (const value of bad) {
    assert.equal(build(['X-A', '1', 'Transfer-Encoding', value]), undefined, value)
    assert.equal(hasUnknownCoding(['transfer-encoding', value]), true, value)
  }
  assert.equal(build(['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']), undefined)
  assert.equal(hasUnknownCoding(bytes(['Transfer-Encoding', 'chunked', 'transfer-encoding', 'chunked'])), true)
  assert.equal(hasUnknownCoding([]), false)
})

test('a value that could end the line is lost, not the client (httpxy#102)', () => {
  for (const value of ['a\r\nb', 'a\nb', 'a\0b', 'a\x01b', 'a\x7fb']) {
    assert.deepEqual(build(['X-Bad', value, 'X-A', '1']), ['X-A', '1'])
  }
})

test('Via grows by us, with the version in which the upstream spoke', () => {
  const cases: [string | undefined, string[], string][] = [
    [undefined, [], '1.1 gate'],
    ['HTTP/1.1', ['Via', '1.1 a', 'via', '1.0 b'], '1.1 a, 1.0 b, 1.1 gate'],
    ['HTTP/2.0', ['via', '1.1 a'], '1.1 a, 2.0 gate'],
  ]

  for (const [protocol, fields, want] of cases) {
    const exchange = exchangeWith({})
    exchange.facts.upstreamProtocol = protocol
    const plan = compileResponseFields({ ...bare, via: 'gate' })
    const built = buildResponseFields(plan, exchange, bytes(fields), upstreamWith({}), mapping, false)
    assert.deepEqual(built, ['Via', want])
  }
  assert.deepEqual(build(['Via', '1.1 a']), ['Via', '1.1 a'])
})

test('Location, Content-Location and Refresh that point at the upstream become ours, or stay where that is off', () => {
  const fields = ['location', 'http://127.0.0.1:3000/x', 'Content-Location', '/y', 'Refresh', '5; url=/z']

  assert.deepEqual(build(fields, { rewriteLocation: true }), [
    ...['location', 'http://a.test:8080/api/x', 'Content-Location', '/api/y', 'Refresh', '5; url=/api/z'],
  ])
  assert.deepEqual(build(fields), fields)
})

test('Set-Cookie is rewritten line by line', () => {
  const fields = ['Set-Cookie', 'a=1; Path=/', 'set-cookie', 'b=2; Domain=up.test']
  const rewriteCookies = { domain: { '*': '' }, path: { '/': '/api' } }

  assert.deepEqual(build(fields, { rewriteCookies }), ['Set-Cookie', 'a=1; Path=/api', 'set-cookie', 'b=2'])
})

test('rules come last and know the upstream', () => {
  const plan = compileResponseFields({
    ...bare,
    rules: { set: { Server: 'gate', 'X-Upstream': '{upstream}' }, remove: ['X-Powered-By'] },
  })
  const exchange = exchangeWith({})
  exchange.facts.upstream = 'up:1'
  const raw = bytes(['Server', 'nginx', 'X-Powered-By', 'PHP', 'X-A', '1'])

  assert.deepEqual(buildResponseFields(plan, exchange, raw, upstreamWith({}), mapping, false), [
    ...['Server', 'gate', 'X-A', '1', 'X-Upstream', 'up:1'],
  ])
})

test('a rule for a field that frames the response is an error that names it', () => {
  assert.throws(() => compileResponseFields({ ...bare, rules: { set: { 'content-length': '0' } } }), {
    name: 'OptionError',
    option: 'responseFields.set.content-length',
  })
})

test('names that share a place in the memory of names are never taken for each other', () => {
  // More names than there are places, some of them twice, some of them anagrams.
  const fields = Array.from({ length: 600 }, (_, i) => [`X-${(i * 7919) % 1000}-${i % 10}`, String(i)]).flat()
  const anagrams = ['X-Abc-d', '1', 'X-Acb-d', '2', 'x-abc-d', '3', 'Locatoin', '/x', 'Location', '/x']

  assert.deepEqual(build([...fields, ...anagrams, ...fields]), [...fields, ...anagrams, ...fields])
})
