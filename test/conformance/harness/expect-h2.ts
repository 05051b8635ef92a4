import { strict as assert } from 'node:assert'
import type { Context } from './context.ts'
import { sawNothing } from './expect.ts'
import type { RawHttp2 } from './raw-http2.ts'

/** The stream is refused (RST_STREAM, 4xx, 5xx or the end of the session), and the origin hears nothing. */
export async function malformed(
  ctx: Context,
  about: string,
  fields: Parameters<RawHttp2['headers']>[1],
): Promise<void> {
  const client = await ctx.http2()
  client.headers(1, fields)
  const { status, resetCode } = await client.stream(1)
  const isRefused = status >= 400 || resetCode !== undefined || client.ended || client.goawayCode() !== undefined
  assert.ok(isRefused, `${about}: answered ${status}`)
  client.leave()
  sawNothing(ctx.origin, about)
}
