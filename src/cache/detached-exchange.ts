import { Exchange } from '../contract/exchange.ts'

/** An exchange for a call of the cache's own: like the client's, and it does not end with the client. */
export function detached({ id, target, client, protocol, rawFields, startedAt, upstream, facts }: Exchange): Exchange {
  const call = new Exchange('http', id, target, client, protocol, rawFields, startedAt)
  // What the route has chosen, where it is a function that chooses.
  call.upstream = upstream
  call.facts.upstream = facts.upstream
  call.facts.attempts = facts.attempts
  return call
}

/** What became of the call, told of the client's exchange that it was made for. */
export function tellOf(call: Exchange, exchange: Exchange): void {
  if (call === exchange) return
  const { facts } = call
  const told = exchange.facts
  told.connect = facts.connect
  told.upstream = facts.upstream
  told.upstreamProtocol = facts.upstreamProtocol
  told.pool = facts.pool
  told.attempts = facts.attempts
  told.queued = facts.queued
  told.reused = facts.reused
  exchange.upstream = call.upstream
  if (call.replyFields === undefined) return
  // A cookie that keeps this client at its upstream.
  exchange.replyFields = [...(exchange.replyFields ?? []), ...call.replyFields]
  call.replyFields = undefined
}
