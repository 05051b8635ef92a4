import type { FastifyRequest } from 'fastify'

interface RouteContext {
  readonly onSend: readonly unknown[] | null
}

let contextKey: symbol | undefined
let looked = false

/**
 * Has the route of this request onSend hooks, of any scope? Fastify keeps the answer on its route context and has no
 * public way to ask. Where a Fastify of the future keeps it elsewhere, the answer is yes: the slower way, which is always
 * right.
 */
export function hasOnSendHooks(request: FastifyRequest): boolean {
  if (!looked) {
    looked = true
    contextKey = Object.getOwnPropertySymbols(request).find(({ description }) => description === 'fastify.context')
  }
  if (contextKey === undefined) return true
  const context = (request as unknown as Record<symbol, RouteContext | undefined>)[contextKey]
  return context?.onSend !== null
}
