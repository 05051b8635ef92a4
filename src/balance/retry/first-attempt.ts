import type { Readable } from 'node:stream'
import type { DispatchHandler, DispatchOptions } from '../../contract/layer.ts'
import type { RetryPolicy, Upstream } from '../../contract/pool.ts'
import { Attempt, type Surroundings } from './attempt.ts'
import { isIdempotent } from './conditions.ts'
import { History, type Leg } from './history.ts'
import { ReplayBody } from './replay-body.ts'

/** Sends an exchange into its pool, but to none of `tried`, with what `policy` asks for. */
export function firstAttempt(
  around: Surroundings,
  options: DispatchOptions,
  policy: RetryPolicy,
  handler: DispatchHandler,
  tried: readonly Upstream[],
  leg?: Leg,
): boolean {
  const { perTryTimeout, bufferBody } = policy
  const own: DispatchOptions = { ...options, tried, picked: [] }
  if (leg === undefined && perTryTimeout === 0 && bufferBody === 0) {
    return around.dispatch(own, new Attempt(around, own, policy, handler, undefined))
  }
  const history = new History()
  history.leg = leg
  if (isIdempotent(options.method) && !options.upgrade) {
    const { body, headersTimeout } = options
    if (bufferBody > 0 && isStream(body)) {
      history.replay = new ReplayBody(body, bufferBody)
      own.body = history.replay.open()
    }
    if (perTryTimeout > 0) {
      const limit = headersTimeout == null || headersTimeout === 0 ? Number.POSITIVE_INFINITY : headersTimeout
      history.perTry = perTryTimeout
      history.deadline = around.clock.now() + limit
      own.headersTimeout = Math.min(perTryTimeout, limit)
    }
  }
  leg?.begins(own)
  return around.dispatch(own, new Attempt(around, own, policy, handler, history))
}

function isStream(body: DispatchOptions['body']): body is Readable {
  return typeof (body as Readable | null | undefined)?.pipe === 'function'
}
