import assert from 'node:assert/strict'
import net, { type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { listenError } from '../../src/cli/errors.ts'
import { runCli } from './run-cli.ts'

const to = ['--to', 'http://127.0.0.1:3000']

for (const [what, args, message] of [
  ['an unknown command', ['revers'], /unknown command 'revers'\n\(Did you mean reverse\?\)/],
  ['an unknown option', ['reverse', '--lisen', 'x'], /unknown option '--lisen'\n\(Did you mean --listen\?\)/],
  ['no server', ['reverse'], /'--to' is missing: .*--to http:\/\/127\.0\.0\.1:3000/],
  ['no value', ['reverse', '--to'], /argument missing/],
  ['a word too many', ['reverse', ...to, 'x'], /too many arguments/],
  ['a server that is no URL', ['reverse', '--to', 'not a url'], /'--to' is "not a url": give an http or https URL/],
  ['a scheme that is not HTTP', ['reverse', '--to', 'ftp://a.test'], /'--to' is "ftp:\/\/a\.test"/],
  ['a server without a scheme', ['reverse', '--to', 'localhost:3000'], /Did you mean http:\/\/localhost:3000\?/],
  ['a server that is a port alone', ['reverse', '--to', '3000'], /Did you mean http:\/\/127\.0\.0\.1:3000\?/],
  [
    'an address without a port',
    ['reverse', ...to, '--listen', '127.0.0.1'],
    /'--listen' is "127\.0\.0\.1": give HOST:PORT/,
  ],
  ['a port that is too high', ['reverse', ...to, '--listen', ':65536'], /a port is at most 65535/],
  [
    'a word that is not among the choices',
    ['reverse', ...to, '--access-log', 'xml'],
    /Allowed choices are json, combined, off/,
  ],
  [
    'a rule for fields that is none',
    ['reverse', ...to, '--header-up', 'foo'],
    /'--header-up' is "foo": give 'Name: value'/,
  ],
  [
    'a fact that does not exist',
    ['reverse', ...to, '--header-down', 'X: {client.iq}'],
    /--header-down.*Did you mean '\{client\.ip\}'/,
  ],
  [
    'a field that frames the message',
    ['reverse', ...to, '--header-up', 'Content-Length: 1'],
    /--header-up.*Content-Length/,
  ],
  [
    'two words on Host',
    ['reverse', ...to, '--header-up', 'Host: a', '--host-header', 'upstream'],
    /--host-header says what Host is/,
  ],
  [
    'a block that is none',
    ['reverse', ...to, '--trusted-proxy', '10.0.0.0/99'],
    /'--trusted-proxy' is "10\.0\.0\.0\/99"/,
  ],
  [
    'a policy that does not exist',
    ['reverse', ...to, '--policy', 'fastest'],
    /'--policy <name>' argument 'fastest' is invalid\. Allowed choices are peak-ewma, round-robin/,
  ],
  ['a weight of nothing', ['reverse', ...to, '--weight', '0'], /'--weight' is "0": give a number above 0/],
  ['a weight below nothing', ['reverse', ...to, '--weight=-1'], /'--weight' is "-1": give a number above 0/],
  [
    'more weights than servers',
    ['reverse', ...to, '--weight', '1', '--weight', '2'],
    /'--weight' is "1, 2": give one for each --to.*there are 2 weights and 1 servers/,
  ],
  [
    'the same server twice',
    ['reverse', ...to, '--to', 'http://127.0.0.1:3000/'],
    /'--to' is "http:\/\/127\.0\.0\.1:3000\/": it is given twice; --weight/,
  ],
  ['a health path that is none', ['reverse', ...to, '--health', 'healthz'], /'--health' is "healthz": give a path/],
  ['a time that is none', ['reverse', ...to, '--drain-timeout', 'soon'], /'--drain-timeout' is "soon"/],
] as const) {
  test(`${what} is told in plain words, with code 2`, async () => {
    const { code, stdout, stderr } = await runCli(args)

    assert.equal(code, 2)
    assert.match(stderr, message)
    assert.match(stderr, /^sallyport: /)
    assert.doesNotMatch(stderr, /\n\s+at |node:internal/)
    assert.equal(stdout, '')
  })
}

test('no command at all shows the help, with code 2', async () => {
  const { code, stderr } = await runCli([])

  assert.equal(code, 2)
  assert.match(stderr, /Usage: sallyport/)
})

test('a port that is taken is named, with another to take, and code 1', async (t) => {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo

  const { code, stderr } = await runCli(['reverse', ...to, '--listen', `127.0.0.1:${port}`])

  assert.equal(code, 1)
  assert.match(stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: the port is taken`))
  assert.match(stderr, /--listen 127\.0\.0\.1:\d+/)
  assert.doesNotMatch(stderr, /\n\s+at |->/)
})

test('an address that this machine does not have is a failed start', async () => {
  // RFC 5737: documentation addresses are nobody's.
  const { code, stderr } = await runCli(['reverse', ...to, '--listen', '192.0.2.1:8080'])

  assert.equal(code, 1)
  assert.match(stderr, /cannot listen on 192\.0\.2\.1:8080: this machine has no such address/)
})

test('a privileged port says so, and what to do', () => {
  const error = listenError(Object.assign(new Error('listen EACCES'), { code: 'EACCES' }), '::1', 80)

  assert.equal(error.exitCode, 1)
  assert.match(error.message, /^cannot listen on \[::1\]:80: that port is for privileged users\./)
  assert.match(error.message, /--listen \[::1\]:8080/)
})

test('any other reason not to listen is passed on', () => {
  const error = listenError(Object.assign(new Error('listen EMFILE'), { code: 'EMFILE' }), '127.0.0.1', 65535)

  assert.equal(error.message, 'cannot listen on 127.0.0.1:65535: listen EMFILE')
})
