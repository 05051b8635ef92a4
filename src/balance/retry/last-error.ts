import type { ProxyError } from '../../contract/errors.ts'
import type { DispatchOptions } from '../../contract/layer.ts'
import { nobody } from '../balance.ts'
import { connectFailed } from './conditions.ts'
import type { History } from './history.ts'

/**
 * What is told when the last attempt had no connection. Where none had, of several upstreams: 503, with that as the cause;
 * the only upstream of a pool keeps its own error.
 */
export function lastError(error: ProxyError, options: DispatchOptions, history: History | undefined): ProxyError {
  const { pool, picked } = options
  if (pool === undefined || picked === undefined) return error
  const hadOne = picked.length > 0
  const earlier = history?.error
  if (!hadOne && earlier === undefined) return error
  // That the pool had nothing more to give is no news.
  const real = hadOne || error.code !== 'SP_NO_UPSTREAM' ? error : (earlier as ProxyError)
  if (history?.reached === true || pool.upstreams.length < 2 || !connectFailed(real)) return real
  return nobody(pool, 'none can be reached', real)
}
