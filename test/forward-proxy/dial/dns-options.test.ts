import assert from 'node:assert/strict'
import type dns from 'node:dns'
import { test } from 'node:test'
import { systemClock } from '../../../src/contract/clock.ts'
import { OptionError } from '../../../src/contract/options.ts'
import { type ResolverOptions, resolverFrom } from '../../../src/forward-proxy/dial/dns-options.ts'
import { systemSource } from '../../../src/forward-proxy/dial/system-source.ts'

test('a bad option is an error that names it', () => {
  const bad: [unknown, string][] = [
    [{ servers: [] }, 'dns.servers'],
    [{ servers: '10.0.0.2' }, 'dns.servers'],
    [{ servers: ['dns.example'] }, 'dns.servers[0]'],
    [{ servers: ['10.0.0.2', '10.0.0.3:0x'] }, 'dns.servers[1]'],
    [{ family: 5 }, 'dns.family'],
    [{ https: 'http://9.9.9.9/dns-query' }, 'dns.https'],
    [{ https: 'https://u:p@9.9.9.9/dns-query' }, 'dns.https'],
    [{ https: 'https://dns.example/dns-query' }, 'dns.https.addresses'],
    [{ https: { url: 'https://dns.example/dns-query', addresses: ['dns.example'] } }, 'dns.https.addresses'],
    [{ https: { url: 'https://9.9.9.9/', address: '9.9.9.9' } }, 'dns.https.address'],
    [{ https: 'https://9.9.9.9/dns-query', servers: ['10.0.0.2'] }, 'dns.https'],
    [{ timeout: 0 }, 'dns.timeout'],
    [{ minTtl: '1h', maxTtl: '1m' }, 'dns.maxTtl'],
    [{ server: '10.0.0.2' }, 'dns.server'],
  ]

  for (const [options, option] of bad) {
    assert.throws(
      () => resolverFrom(systemClock, options as ResolverOptions),
      (error: OptionError) => error instanceof OptionError && error.option === option,
      option,
    )
  }
})

test('literal addresses of DNS over HTTPS need no more', async () => {
  await resolverFrom(systemClock, { https: 'https://[2620:fe::9]/dns-query' }).close()
  await resolverFrom(systemClock, { https: 'https://9.9.9.9/dns-query' }).close()
})

test('the system is asked for all addresses, in its order; how often at a time is bounded', () => {
  const callbacks: ((error: NodeJS.ErrnoException | null, found: dns.LookupAddress[]) => void)[] = []
  const lookup = ((_: string, options: dns.LookupAllOptions, callback: (typeof callbacks)[number]) => {
    assert.equal(options.all, true)
    callbacks.push(callback)
  }) as unknown as typeof dns.lookup
  const source = systemSource([6, 4], lookup)
  const log: string[] = []
  const finder = {
    found: (addresses: readonly string[]) => void log.push(addresses.join(' ')),
    end: (error: { code: string } | null) => void log.push(error?.code ?? 'end'),
  }

  const cancels = Array.from({ length: 257 }, () => source.ask('a.test', finder))
  assert.deepEqual(log, ['SP_DNS'])
  cancels[0]?.()
  callbacks[0]?.(null, [{ address: '8.8.8.8', family: 4 }])
  assert.deepEqual(log, ['SP_DNS'])
  callbacks[1]?.(null, [
    { address: '8.8.8.8', family: 4 },
    { address: '2606:4700::1', family: 6 },
  ])
  callbacks[2]?.(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), [])
  callbacks[3]?.(Object.assign(new Error('again'), { code: 'EAI_AGAIN' }), [])

  assert.deepEqual(log, ['SP_DNS', '8.8.8.8 2606:4700::1', 'end', 'end', 'SP_DNS'])
})
