import assert from 'node:assert/strict'
import { BlockList, isIPv4 } from 'node:net'
import { test } from 'node:test'
import { createContext, Script } from 'node:vm'
import { pacFile, pacType } from '../../../src/forward-proxy/pac/pac-file.ts'
import type { PacOptions } from '../../../src/forward-proxy/pac/pac-options.ts'

const names: Readonly<Record<string, string>> = { 'inside.corp.test': '10.1.2.3', 'outside.test': '203.0.113.9' }

/** The functions that clients bring, as the PAC specification of Netscape has them. */
function tools(resolved: string[]): object {
  const dnsResolve = (host: string): string | null => {
    resolved.push(host)
    return isIPv4(host) ? host : (names[host] ?? null)
  }
  const toNumber = (address: string): number =>
    address.split('.').reduce((number, part) => ((number << 8) | Number(part)) >>> 0, 0)
  return {
    isPlainHostName: (host: string) => !host.includes('.'),
    dnsDomainIs: (host: string, domain: string) => host.endsWith(domain),
    localHostOrDomainIs: (host: string, full: string) => full === host || full.startsWith(`${host}.`),
    isResolvable: (host: string) => dnsResolve(host) !== null,
    isInNet(host: string, pattern: string, mask: string) {
      const address = isIPv4(host) ? host : dnsResolve(host)
      if (address === null) return false
      return (toNumber(address) & toNumber(mask)) >>> 0 === (toNumber(pattern) & toNumber(mask)) >>> 0
    },
    dnsResolve,
    myIpAddress: () => '192.0.2.1',
    dnsDomainLevels: (host: string) => host.split('.').length - 1,
    shExpMatch: (text: string, pattern: string) =>
      new RegExp(
        `^${pattern
          .replace(/[.+^${}()|[\]\\]/g, '\\$&')
          .replace(/\*/g, '.*')
          .replace(/\?/g, '.')}$`,
      ).test(text),
  }
}

function client(options: PacOptions) {
  const resolved: string[] = []
  const context = createContext(tools(resolved))
  new Script(pacFile(options)).runInContext(context)
  const find = new Script('(url, host) => FindProxyForURL(url, host)').runInContext(context)
  return { resolved, find: (host: string): string => find(`http://${host}/`, host) }
}

const proxies = ['PROXY gate.test:3128', 'HTTPS gate.test:443', 'SOCKS5 [2001:db8::1]:1080', 'DIRECT']
const ways = 'PROXY gate.test:3128; HTTPS gate.test:443; SOCKS5 [2001:db8::1]:1080; DIRECT'

test('what is not passed by goes through the proxies, in their order', () => {
  const { find, resolved } = client({ proxies })

  assert.equal(find('www.example'), ways)
  assert.equal(find('203.0.113.9'), ways)
  assert.equal(find('[2001:db8::2]'), ways)
  assert.deepEqual(resolved, [])
  assert.equal(pacType, 'application/x-ns-proxy-autoconfig')
})

test('plain names and loopback go directly, unless that is off', () => {
  const on = client({ proxies })
  const off = client({ proxies, bypassPlain: false, bypassLoopback: false })

  for (const host of ['printer', 'LOCALHOST', 'a.localhost', 'localhost.', '127.0.0.1', '127.9.9.9', '::1', '[::1]']) {
    assert.equal(on.find(host), 'DIRECT', host)
    assert.equal(off.find(host), ways, host)
  }
  for (const host of ['127.0.0.1.evil.test', '127.evil.test', 'notlocalhost.test']) assert.equal(on.find(host), ways)
})

test('a domain is passed by with those below it, or those alone', () => {
  const { find } = client({ proxies, bypass: ['Corp.Test', '*.below.test', '.dotted.test'] })

  for (const host of ['corp.test', 'a.corp.test', 'A.B.CORP.test.', 'x.below.test', 'x.dotted.test']) {
    assert.equal(find(host), 'DIRECT', host)
  }
  for (const host of ['evilcorp.test', 'corp.test.evil', 'below.test', 'dotted.test', 'corptest.x']) {
    assert.equal(find(host), ways, host)
  }
})

test('blocks are matched against hosts written as addresses, and DNS is not asked', () => {
  const bypass = ['10.0.0.0/8', '203.0.113.7', '2001:db8:8000::/33', 'fe80::1']
  const { find, resolved } = client({ proxies, bypass })
  const truth = new BlockList()
  truth.addSubnet('10.0.0.0', 8, 'ipv4')
  truth.addAddress('203.0.113.7', 'ipv4')
  truth.addSubnet('2001:db8:8000::', 33, 'ipv6')
  truth.addAddress('fe80::1', 'ipv6')

  const v4 = ['10.0.0.1', '10.255.255.255', '11.0.0.1', '9.255.255.255', '203.0.113.7', '203.0.113.8']
  const v6 = ['2001:db8:8000::1', '2001:db8:ffff::', '2001:db8:7fff::1', '2001:db9::', 'fe80::1', 'fe80::2', '::2']
  for (const host of v4) assert.equal(find(host) === 'DIRECT', truth.check(host, 'ipv4'), host)
  for (const host of v6) assert.equal(find(host) === 'DIRECT', truth.check(host, 'ipv6'), host)
  assert.equal(find('inside.corp.test'), ways)
  assert.deepEqual(resolved, [])
})

test('with resolve the client asks DNS, and what has no address goes through the proxies', () => {
  const { find } = client({ proxies, bypass: ['10.0.0.0/8'], resolve: true })

  assert.equal(find('inside.corp.test'), 'DIRECT')
  assert.equal(find('outside.test'), ways)
  assert.equal(find('nowhere.test'), ways)
})

test('nothing of the options becomes code', () => {
  const evil = [
    '"; while(1){}//',
    "a.test'+alert(1)+'",
    'a.test\n}',
    'a.test\u2028x',
    '</script>',
    'PROXY a.test:80; DIRECT',
    'PROXY a.test',
    'PROXY a.test:99999',
    'PROXY  a.test:80',
    'proxy a.test:80',
    'PROXY user@a.test:80',
    '',
  ]

  for (const text of evil) assert.throws(() => pacFile({ proxies: [text] }), /pac\.proxies\.0/, text)
  for (const text of [...evil, 'a.test:80', '10.0.0.0/33', '2001:db8::/129', '::ffff:10.0.0.1', '*']) {
    assert.throws(() => pacFile({ proxies, bypass: ['b.test', text] }), /pac\.bypass\.1/, text)
  }
  assert.throws(() => pacFile({ proxies: [] }), /pac\.proxies/)
  assert.throws(() => pacFile({ proxies, bypas: [] } as unknown as PacOptions), /Did you mean 'bypass'/)
})

test('it is written in JavaScript that old clients know', () => {
  const script = pacFile({ proxies, bypass: ['a.test', '10.0.0.0/8', 'fe80::/10'] })

  assert.doesNotMatch(script, /=>|\b(?:let|const|class)\b|`/)
  assert.match(script, /^[\x20-\x7e\n]*$/)
})
