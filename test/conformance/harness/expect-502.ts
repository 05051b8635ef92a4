import { strict as assert } from 'node:assert'
import type { Context } from './context.ts'
import { isNeutralError } from './expect.ts'
import { get } from './origin.ts'

/** The answer is no HTTP: 502, neutral. */
export async function is502(ctx: Context, about: string, bytes: string | Buffer): Promise<void> {
  ctx.origin.answer = ({ connection }) => connection.end(bytes)
  const client = await ctx.connect()
  const answer = await client.ask(get('/')).catch((error: Error) => assert.fail(`${about}: ${error.message}`))
  try {
    isNeutralError(answer, [502, 503])
  } catch (error) {
    assert.fail(`${about}: ${(error as Error).message}`)
  }
  client.leave()
}
