import { strict as assert } from 'node:assert'
import type { Context } from './context.ts'
import type { OriginRequest } from './origin.ts'
import type { RawClient } from './raw-client.ts'
import { accepting, handshake } from './websocket.ts'

/** A WebSocket through the proxy, open at both ends. */
export async function openWebsocket(
  ctx: Context,
  target = '/ws',
): Promise<{ client: RawClient; request: OriginRequest }> {
  ctx.origin.answer = accepting()
  const client = await ctx.connect()
  const nth = ctx.origin.requests.length + 1
  const answer = await client.ask(handshake(target))
  assert.equal(answer.status, 101, `answered ${answer.startLine}`)
  return { client, request: await ctx.origin.request(nth) }
}
