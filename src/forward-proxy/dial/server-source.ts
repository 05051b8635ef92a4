import dns, { type RecordWithTtl } from 'node:dns'
import type { Clock } from '../../contract/clock.ts'
import { ProxyError } from '../../contract/errors.ts'
import { type AskFamily, askFamilies } from './families.ts'
import type { NameSource } from './name-source.ts'

/** Milliseconds for the first try at a server; the next waits longer. */
const timeout = 1500
const tries = 2

/** Answers that say that there is nothing, and are no failure. */
const absent: ReadonlySet<string | undefined> = new Set([dns.NOTFOUND, dns.NODATA])

/** Asks DNS servers (c-ares): no /etc/hosts, no search domains. Each of A and AAAA is a question of its own. */
export function serverSource(clock: Clock, families: readonly (4 | 6)[], servers: readonly string[]): NameSource {
  const resolver = new dns.Resolver({ timeout, tries })
  resolver.setServers(servers)

  function askOne(host: string): AskFamily {
    return function askOne(family, callback) {
      let wanted = true
      const answered = (error: NodeJS.ErrnoException | null, records: readonly RecordWithTtl[]): void => {
        if (!wanted) return
        if (error === null) {
          const ttl = records.reduce((least, record) => Math.min(least, record.ttl), Number.POSITIVE_INFINITY)
          callback(null, { addresses: records.map(({ address }) => address), ttl })
        } else if (absent.has(error.code)) {
          callback(null, { addresses: [], ttl: Number.POSITIVE_INFINITY })
        } else {
          const code = error.code === dns.TIMEOUT ? 'SP_DNS_TIMEOUT' : 'SP_DNS'
          callback(new ProxyError(code, `${host}: ${error.message}`, error), undefined)
        }
      }
      if (family === 4) resolver.resolve4(host, { ttl: true }, answered)
      else resolver.resolve6(host, { ttl: true }, answered)
      return () => {
        wanted = false
      }
    }
  }

  return {
    ask: (host, finder) => askFamilies(clock, families, askOne(host), finder),
    async close() {
      resolver.cancel()
    },
  }
}
