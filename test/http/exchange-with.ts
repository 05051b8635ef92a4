import { Exchange, type ExchangeKind } from '../../src/contract/exchange.ts'
import type { Upstream } from '../../src/contract/pool.ts'
import type { Client, Target } from '../../src/contract/target.ts'

export interface ExchangeParts {
  readonly kind?: ExchangeKind
  readonly fields?: readonly string[]
  readonly protocol?: string
  readonly target?: Partial<Target>
  readonly client?: Partial<Client>
}

/** An exchange for `GET http://a.test:8080/x?q=1` from 192.0.2.1, not trusted, with the parts that a test cares about. */
export function exchangeWith(parts: ExchangeParts): Exchange {
  const target: Target = {
    method: 'GET',
    scheme: 'http',
    authority: 'a.test:8080',
    host: 'a.test',
    port: 8080,
    path: '/x',
    query: '?q=1',
    canonicalPath: '/x',
    ...parts.target,
  }
  const client: Client = { ip: '192.0.2.1', port: 4000, peer: '192.0.2.1', trusted: false, ...parts.client }
  return new Exchange(parts.kind ?? 'http', 'id-1', target, client, parts.protocol ?? 'HTTP/1.1', parts.fields ?? [], 0)
}

/** An upstream at http://127.0.0.1:3000, with the parts that a test cares about. */
export function upstreamWith(parts: Partial<Upstream>): Upstream {
  return {
    name: '127.0.0.1:3000',
    origin: 'http://127.0.0.1:3000',
    protocol: 'http:',
    hostname: '127.0.0.1',
    port: 3000,
    authority: '127.0.0.1:3000',
    basePath: '',
    socketPath: undefined,
    http2: false,
    tls: undefined,
    address: undefined,
    maxConnections: 4096,
    ...parts,
  }
}
