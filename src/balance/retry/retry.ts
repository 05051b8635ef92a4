import type { Clock } from '../../contract/clock.ts'
import type { DispatchOptions, Layer } from '../../contract/layer.ts'
import type { Upstream } from '../../contract/pool.ts'
import { Attempt } from './attempt.ts'
import { firstAttempt } from './first-attempt.ts'
import { hedge } from './hedge.ts'
import { isAtHand } from './replay-body.ts'

const none: readonly Upstream[] = Object.freeze([])

/**
 * Layer: all that is tried more than once. What was never sent moves on to another upstream; what an idempotent request
 * met with may, by the policy of the pool; a reused connection that died before any byte of the answer (RFC 9112 9.3.1)
 * costs one transparent retry, with or without a pool. Nothing is sent again once its answer has begun, and no POST that
 * an upstream may have acted on.
 */
export function retry(settings: { readonly clock: Clock }): Layer {
  const { clock } = settings
  return function retryLayer(dispatch) {
    const around = { dispatch, clock }
    return function retryDispatch(options, handler) {
      const { pool, upstream } = options
      if (pool === undefined || upstream !== undefined) {
        if (options.upgrade || !isAtHand(options.body)) return dispatch(options, handler)
        return dispatch(options, new Attempt(around, options, undefined, handler, undefined))
      }
      const policy = options.retry ?? pool.retry
      if (policy.hedgeAfter > 0 && isHedged(options)) return hedge(around, options, policy, handler)
      return firstAttempt(around, options, policy, handler, none)
    }
  }
}

function isHedged({ method, body, upgrade }: DispatchOptions): boolean {
  return (method === 'GET' || method === 'HEAD') && body == null && !upgrade
}
