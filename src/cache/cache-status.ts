import type { Exchange } from '../contract/exchange.ts'
import type { Answer } from './answer.ts'
import type { CachePlan } from './plan.ts'

/** Why the cache went to the upstream. RFC 9211 2.2. */
export type Forward = 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'request' | 'stale' | 'partial'

/** Says of an answer from the store that it is one: in the facts, and in Cache-Status (RFC 9211). `ttl` is seconds. */
export function tellHit(answer: Answer, name: string, ttl: number, detail: string | undefined): void {
  const { exchange, plan } = answer
  exchange.facts.cache = 'hit'
  exchange.facts.cacheDetail = detail
  if (!plan.status) return
  const more = detail === undefined ? '' : `; detail=${detail}`
  addReplyField(exchange, `${name}; hit; ttl=${ttl}${more}`)
}

/** The same of an answer that came from the upstream. `refusal` says why it is not stored. */
export function tellForward(
  answer: Answer,
  name: string,
  forward: Forward,
  status: number | undefined,
  stored: boolean,
  refusal: string | undefined,
): void {
  const { exchange, plan } = answer
  exchange.facts.cache = forward
  exchange.facts.cacheDetail = refusal
  if (!plan.status) return
  addReplyField(
    exchange,
    `${name}; fwd=${forward}${status === undefined ? '' : `; fwd-status=${status}`}${stored ? '; stored' : ''}` +
      `${answer.collapsed ? '; collapsed' : ''}${refusal === undefined ? '' : `; detail=${refusal}`}`,
  )
}

/** The same of a request that the cache has only let through. */
export function tellPassed(
  exchange: Exchange,
  plan: CachePlan,
  name: string,
  forward: Forward,
  detail: string | undefined,
): void {
  exchange.facts.cache = forward
  exchange.facts.cacheDetail = detail
  if (plan.status) addReplyField(exchange, `${name}; fwd=${forward}${detail === undefined ? '' : `; detail=${detail}`}`)
}

/** The same of a request that was neither answered from the store nor sent on. */
export function tellRefused({ exchange, plan }: Answer, name: string, detail: string): void {
  if (plan.status) addReplyField(exchange, `${name}; detail=${detail}`)
}

function addReplyField(exchange: Exchange, value: string): void {
  exchange.replyFields ??= []
  exchange.replyFields.push('Cache-Status', value)
}
