import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { createDiscovery, type DiscoverOptions, readDiscovery } from '../../../src/balance/discovery/discovery.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { listening } from './listening.ts'

test('the kinds are told apart by their key, and have the defaults that they promise', () => {
  const poll = () => []

  assert.deepEqual(
    [{ dns: 'http://api.internal:3000/base' }, { srv: '_https._tcp.api.internal' }, { file: 'a.yaml' }, { poll }].map(
      (given) => readDiscovery('discover', given),
    ),
    [
      {
        kind: 'dns',
        url: 'http://api.internal:3000/base',
        host: 'api.internal',
        families: [4, 6],
        servers: undefined,
        minTtl: 1000,
        maxTtl: 300_000,
        retry: 1000,
      },
      {
        kind: 'srv',
        name: '_https._tcp.api.internal',
        scheme: 'https',
        families: [4, 6],
        servers: undefined,
        minTtl: 1000,
        maxTtl: 300_000,
        retry: 1000,
      },
      { kind: 'file', path: resolve('a.yaml'), interval: 5000 },
      { kind: 'poll', poll, interval: 10_000, timeout: 5000 },
    ],
  )
})

test('settings are frozen', () => {
  for (const given of [{ dns: 'http://a' }, { srv: '_a._tcp.b' }, { file: 'a' }, { poll: () => [] }]) {
    assert.ok(Object.isFrozen(readDiscovery('discover', given)))
  }
})

test('what is wrong is refused by the name of its option', () => {
  const wrong: [unknown, RegExp][] = [
    [undefined, /'discover' is missing.*'dns', 'srv', 'file', 'poll'/],
    ['dns', /'discover' is "dns"/],
    [{}, /'discover' is an object.*'dns', 'srv', 'file', 'poll'/],
    [{ dsn: 'http://a' }, /'discover\.dsn'.*Did you mean 'dns'/],
    [{ dns: 'http://a', ttl: 5 }, /'discover\.ttl'.*no such option/],
    [{ dns: 'http://a', file: 'a' }, /'discover\.file'/],
    [{ dns: 'api.internal' }, /'discover\.dns' is "api\.internal"/],
    [{ dns: 'http+unix:/run/a.sock' }, /'discover\.dns'/],
    [{ dns: 'http://me:secret@a' }, /credentials/],
    [{ dns: 'http://a', family: 5 }, /'discover\.family' is 5.*4, 6 or 'both'/],
    [{ dns: 'http://a', servers: [] }, /'discover\.servers'/],
    [{ dns: 'http://a', servers: ['8.8.8.8', 'dns.test'] }, /'discover\.servers\[1\]' is "dns\.test"/],
    [{ dns: 'http://a', servers: ['8.8.8.8:0'] }, /servers\[0\]/],
    [{ dns: 'http://a', servers: ['8.8.8.8:70000'] }, /servers\[0\]/],
    [{ dns: 'http://a', servers: [53] }, /servers\[0\]/],
    [{ dns: 'http://a', minTtl: 0 }, /'discover\.minTtl' is 0: give more than 0/],
    [{ dns: 'http://a', minTtl: '1m', maxTtl: '30s' }, /'discover\.maxTtl' is "30s"/],
    [{ dns: 'http://a', retry: 'soon' }, /'discover\.retry'/],
    [{ srv: 'api' }, /'discover\.srv'/],
    [{ srv: '_http._tcp.bad name' }, /'discover\.srv'/],
    [{ srv: `_http._tcp.${'a.'.repeat(130)}b` }, /'discover\.srv'/],
    [{ srv: '_http._tcp.a', scheme: 'h2' }, /'discover\.scheme'/],
    [{ file: '' }, /'discover\.file'/],
    [{ file: 'a', interval: false }, /'discover\.interval'/],
    [{ poll: [] }, /'discover\.poll' is a list/],
    [{ poll: () => [], timeout: 0 }, /'discover\.timeout'/],
  ]
  for (const [given, message] of wrong) {
    assert.throws(() => readDiscovery('discover', given as DiscoverOptions), { name: 'OptionError', message })
  }
})

test('DNS servers are written as the system writes them', () => {
  const servers = ['10.0.0.2', '10.0.0.2:5353', '::1', '[::1]', '[fe80::1%eth0]:5353']

  assert.doesNotThrow(() => readDiscovery('discover', { dns: 'http://a', servers }))
})

test('it is started once, and closed before it is started or twice without harm', () => {
  const clock = fakeClock()
  const create = () => createDiscovery(readDiscovery('discover', { poll: () => [] }), { clock, random: () => 0 })
  const discovery = create()
  discovery.start(listening())
  assert.throws(() => discovery.start(listening()), /started already/)
  discovery.close()
  discovery.close()

  create().close()

  assert.equal(clock.pending, 0)
})
