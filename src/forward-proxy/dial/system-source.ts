import dns from 'node:dns'
import { ProxyError } from '../../contract/errors.ts'
import type { NameSource } from './name-source.ts'

/** Seconds: the system does not say how long what it found holds. */
const holds = 5

/**
 * Look-ups at a time. Each has a thread of libuv's pool, or waits for one, and cannot be ended: with more of them a dead DNS
 * server would keep files waiting too.
 */
const most = 256

/** Asks the system (getaddrinfo): /etc/hosts, search domains and all, in the order that RFC 6724 wants. */
export function systemSource(families: readonly (4 | 6)[], lookup: typeof dns.lookup = dns.lookup): NameSource {
  const family = families.length === 1 ? (families[0] as 4 | 6) : 0
  let running = 0

  return {
    ask(host, finder) {
      if (running >= most) {
        finder.end(new ProxyError('SP_DNS', `${host}: ${most} look-ups of the system are under way already`), 0)
        return () => {}
      }
      let wanted = true
      running++
      lookup(host, { all: true, family, order: 'verbatim' }, (error, found) => {
        running--
        if (!wanted) return
        wanted = false
        if (error === null) {
          const addresses = found.map(({ address }) => address)
          if (addresses.length > 0) finder.found(addresses, holds)
          finder.end(null, Number.POSITIVE_INFINITY)
        } else if (error.code === 'ENOTFOUND') {
          finder.end(null, Number.POSITIVE_INFINITY)
        } else {
          finder.end(new ProxyError('SP_DNS', `${host}: ${error.message}`, error), 0)
        }
      })
      return () => {
        wanted = false
      }
    },
    async close() {},
  }
}
