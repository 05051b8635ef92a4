import type { Upstream } from '../contract/pool.ts'

/**
 * What tells an upstream from every other in its pool, on every machine and after every restart: where it is dialled, and
 * the URL that it has there. What is hashed is this, never a place in a list.
 */
export function identityOf(upstream: Upstream): string {
  return `${upstream.name} ${upstream.origin}${upstream.basePath}`
}
