import type { DispatchOptions } from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import type { Target } from '../contract/target.ts'

/**
 * Where an answer comes from, for the key: the pool or the upstream, with the scheme and the path of its URL where those are
 * not plain, and the field rules. A handler may send two clients that ask for one URL to two places, or as two people
 * (`reply.proxy()`, `upstream` as a function).
 */
export function placeOf({ upstream, pool, origin, rules }: DispatchOptions): string {
  const name = upstream?.name ?? pool?.name
  if (name === undefined) return origin === undefined ? '' : String(origin)
  const { protocol, basePath } = upstream ?? pool?.upstreams[0] ?? plain
  const place = protocol === 'http:' && basePath === '' ? name : `${protocol}//${name}${basePath}`
  return rules === undefined || rules === '' ? place : `${place} ${rules}`
}

/**
 * What the upstream is asked for where that is not the target as the URL says it: another path, query or Host, chosen for this
 * request, or the host with the dot of the root. `''` when it is the target.
 */
export function detourOf({ path, headers }: DispatchOptions, target: Target): string {
  let detour = ''
  const { length } = target.path
  if (path.length !== length + target.query.length || !path.startsWith(target.path) || !path.endsWith(target.query)) {
    const mark = path.indexOf('?')
    const sent = mark === -1 ? path : path.slice(0, mark)
    const query = mark === -1 ? '' : path.slice(mark)
    if (sent !== target.path) detour += `p${sent.length}:${sent}`
    if (query !== target.query) detour += `q${query.length}:${query}`
  }
  // `a.test.` is no other host to us, but another origin to a browser: what an origin makes of it is not for `a.test`.
  if (target.authority.charCodeAt(target.host.length) === 0x2e) detour += '.'
  const host = hostIn(headers as readonly string[])
  return host === undefined || host === target.authority ? detour : `${detour}h${host.length}:${host}`
}

/** Host stands first, where there is one. */
function hostIn(fields: readonly string[]): string | undefined {
  return fields[0] === 'Host' ? fields[1] : undefined
}

const plain: Pick<Upstream, 'protocol' | 'basePath'> = Object.freeze({ protocol: 'http:', basePath: '' })
