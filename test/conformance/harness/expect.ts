import { strict as assert } from 'node:assert'
import type { Context } from './context.ts'
import type { Message } from './message.ts'
import type { Origin, OriginRequest } from './origin.ts'
import { fail, quiet } from './patience.ts'
import type { Bytes } from './raw-client.ts'

/** Not one byte has reached the origin. */
export function sawNothing(origin: Origin, about: string): void {
  const received = origin.received.trim()
  assert.equal(received, '', `${about}: the origin was sent ${JSON.stringify(received.slice(0, 200))}`)
}

/** No request has reached the origin whole. A head may have: a proxy that streams cannot know the end. */
export function sawNoWholeRequest(origin: Origin, about: string): void {
  const whole = origin.requests.find(({ message }) => message.complete)
  if (whole !== undefined) fail(`${about}: the origin was sent a whole request: ${JSON.stringify(whole.message.head)}`)
}

export interface Refused {
  /** Statuses that are right. @default [400] */
  readonly statuses?: readonly number[]
  /** A close without an answer is right too. @default false */
  readonly orClosed?: boolean
  /** The connection may go on after the answer: the framing was never in doubt. @default false */
  readonly mayGoOn?: boolean
  /** The head may have gone to the origin before the fault was seen. @default false */
  readonly mayHaveBegun?: boolean
}

/** The proxy refuses the request, ends the connection, and the origin hears nothing of it. */
export async function refuses(ctx: Context, about: string, bytes: Bytes, how: Refused = {}): Promise<void> {
  const statuses = how.statuses ?? [400]
  const client = await ctx.connect()
  const answer = await client.ask(bytes).catch((error: unknown) => {
    if (how.orClosed === true && client.ending !== 'open') return undefined
    throw error instanceof Error ? new Error(`${about}: ${error.message}`) : error
  })
  if (answer !== undefined) {
    assert.ok(
      statuses.includes(answer.status),
      `${about}: answered ${answer.startLine}, right is ${statuses.join(' or ')}`,
    )
  }
  if (how.mayGoOn !== true) {
    await client.closed(1000).catch(() => fail(`${about}: answered ${answer?.status}, but the connection stays open`))
  }
  client.leave()
  if (how.mayHaveBegun === true) sawNoWholeRequest(ctx.origin, about)
  else sawNothing(ctx.origin, about)
}

/** The proxy serves the request: 200 for the client, and exactly one request at the origin, which is returned. */
export async function serves(ctx: Context, about: string, bytes: Bytes): Promise<OriginRequest> {
  const before = ctx.origin.requests.length
  const answer = await ctx.ask(bytes)
  assert.equal(answer.status, 200, `${about}: answered ${answer.startLine} ${answer.body.slice(0, 120)}`)
  assert.equal(ctx.origin.requests.length, before + 1, `${about}: requests at the origin`)
  return ctx.origin.requests[before] as OriginRequest
}

/** Either a refusal (one of `statuses`, or an end), or whatever `served` accepts of the answer and the requests upstream. */
export async function refusesOr(
  ctx: Context,
  about: string,
  bytes: Bytes,
  served: (answer: Message, requests: readonly OriginRequest[]) => void,
  statuses: readonly number[] = [400],
): Promise<void> {
  const before = ctx.origin.requests.length
  const client = await ctx.connect()
  client.send(bytes)
  const answer = await client.responseOrClose()
  if (answer !== undefined && answer.status < 400) {
    await quiet(20)
    served(answer, ctx.origin.requests.slice(before))
    client.leave()
    return
  }
  client.leave()
  if (answer !== undefined) {
    assert.ok(
      statuses.includes(answer.status),
      `${about}: answered ${answer.startLine}, right is ${statuses.join(' or ')}`,
    )
  }
  assert.ok(
    ctx.origin.requests.slice(before).every(({ message }) => !message.complete),
    `${about}: refused, but the origin was sent a whole request`,
  )
}

/** The answer is a gateway's error, says nothing of the inside, and is whole. */
export function isNeutralError(answer: Message, statuses: readonly number[], secrets: readonly string[] = []): void {
  assert.ok(statuses.includes(answer.status), `answered ${answer.startLine}, right is ${statuses.join(' or ')}`)
  assert.ok(answer.complete, 'the error answer broke off')
  const inside = [
    ...secrets,
    '127.0.0.1',
    'ECONN',
    'ENOTFOUND',
    'EAI_AGAIN',
    'UND_ERR',
    'HPE_',
    'undici',
    'node:',
    'at new',
  ]
  const text = `${answer.head}\r\n${answer.body}`
  const told = inside.find((word) => text.includes(word))
  assert.equal(
    told,
    undefined,
    `the answer tells the client of the inside: ${JSON.stringify(answer.body.slice(0, 160))}`,
  )
}
