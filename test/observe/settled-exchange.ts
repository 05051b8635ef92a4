import type { Exchange, Facts } from '../../src/contract/exchange.ts'
import { type ExchangeParts, exchangeWith } from '../http/exchange-with.ts'

/** An exchange that is over: `GET /x?q=1` answered with 200 and 5 bytes after 12.5 ms, with the parts a test cares about. */
export function settledExchange(parts: ExchangeParts & { readonly facts?: Partial<Facts> } = {}): Exchange {
  const exchange = exchangeWith(parts)
  Object.assign(exchange.facts, { status: 200, bytesSent: 5, duration: 12.5, attempts: 1, ...parts.facts })
  return exchange
}
