import { type Exchange, requestField } from './exchange.ts'

type Fact = string | number | boolean | undefined

const ms = (value: number): number | undefined => (value < 0 ? undefined : Math.round(value * 1000) / 1000)

/**
 * Every fact by its name. These names are the keys of the access log, the labels of metrics, and what `{...}` may hold in
 * a field template or a log template. Durations are milliseconds, sizes are bytes.
 */
export const factTable: Readonly<Record<string, (exchange: Exchange) => Fact>> = {
  'request.id': (x) => x.id,
  kind: (x) => x.kind,
  method: (x) => x.target.method,
  scheme: (x) => x.target.scheme,
  authority: (x) => x.target.authority,
  host: (x) => x.target.host,
  path: (x) => x.target.path,
  query: (x) => x.target.query,
  target: (x) => x.target.path + x.target.query,
  protocol: (x) => x.protocol,
  'client.ip': (x) => x.client.ip,
  'client.port': (x) => x.client.port,
  'peer.ip': (x) => x.client.peer,
  status: (x) => x.facts.status || undefined,
  'bytes.received': (x) => x.facts.bytesReceived,
  'bytes.sent': (x) => x.facts.bytesSent,
  duration: (x) => ms(x.facts.duration),
  'duration.connect': (x) => ms(x.facts.connect),
  'duration.firstByte': (x) => ms(x.facts.firstByte),
  'duration.queued': (x) => ms(x.facts.queued),
  upstream: (x) => x.facts.upstream,
  'upstream.protocol': (x) => x.facts.upstreamProtocol,
  'upstream.reused': (x) => x.facts.reused || undefined,
  pool: (x) => x.facts.pool,
  attempts: (x) => x.facts.attempts,
  cache: (x) => x.facts.cache,
  'cache.detail': (x) => x.facts.cacheDetail,
  refusal: (x) => x.facts.refusal,
  error: (x) => x.facts.error,
}

const fieldPrefix = 'request.field.'

/** The reader of one fact, `request.field.NAME` included; undefined when there is no such fact. */
export function factReader(name: string): ((exchange: Exchange) => Fact) | undefined {
  if (Object.hasOwn(factTable, name)) return factTable[name]
  if (!name.startsWith(fieldPrefix) || name.length === fieldPrefix.length) return undefined
  const field = name.slice(fieldPrefix.length).toLowerCase()
  return (exchange) => requestField(exchange, field)
}
