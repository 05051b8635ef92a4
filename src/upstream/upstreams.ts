import type { Upstream, UpstreamSettings } from '../contract/pool.ts'
import { createUpstream } from './origin.ts'

/** Upstreams by what they are made of: the same URL and settings give the same one, and so the same connections. */
export interface Upstreams {
  /** @throws OptionError for a URL that is none */
  get(url: string, settings?: UpstreamSettings): Upstream
}

/** The ones used last are kept; of the others `forget` closes the connections. */
const most = 1000

export function createUpstreams(forget: (upstream: Upstream) => void): Upstreams {
  const plain = new Map<string, Upstream>()
  const secure = new WeakMap<object, Map<string, Upstream>>()

  function mapFor(tls: object | undefined): Map<string, Upstream> {
    if (tls === undefined) return plain
    const known = secure.get(tls) ?? new Map<string, Upstream>()
    secure.set(tls, known)
    return known
  }

  return {
    get(url, settings = {}) {
      const map = mapFor(settings.tls)
      const key = `${settings.http2 === true ? 'h2' : 'h1'} ${url}`
      const upstream = map.get(key) ?? createUpstream('upstream', url, settings)
      map.delete(key)
      map.set(key, upstream)
      if (map.size > most) {
        const [oldest, gone] = map.entries().next().value as [string, Upstream]
        map.delete(oldest)
        forget(gone)
      }
      return upstream
    },
  }
}
