import type { Exchange } from '../../contract/exchange.ts'
import { forwardedElement } from '../../http/forwarded.ts'
import { dropNominated, nominated } from '../../http/hop-by-hop.ts'
import { withLine } from '../../http/list-field.ts'
import { oneLess, withoutH2c } from '../../http/request-fields.ts'
import * as kind from '../../http/request-kind.ts'
import { viaMember, viaMembers } from '../../http/via.ts'
import { drop, fieldVerdicts, setUserAgent, shortenReferer } from './field-verdicts.ts'
import type { PrivacySettings } from './privacy-options.ts'
import { shortReferer } from './referer.ts'

/**
 * Gives the fields to send on, as a new flat array: the client's in their order and case, without what is for one connection
 * alone and what the level drops. Host stands where the client's stood (else first) and names the target, whatever the
 * client wrote in it (RFC 9112 3.2.2).
 * @param upgrade the array carries `Connection: Upgrade` and the client's Upgrade, without `h2c`
 * @param trailers the client's trailers can be passed on, so that Trailer may announce them
 */
export type RequestPrivacy = (exchange: Exchange, upgrade: boolean, trailers: boolean) => string[]

/** Decides at boot what is done to the fields of each request. */
export function requestPrivacy(settings: PrivacySettings): RequestPrivacy {
  const verdict = fieldVerdicts(settings)
  const { level, userAgent, referer, forwarded, dnt } = settings
  const agent = typeof userAgent === 'object' ? userAgent.set : ''
  const shorten = referer === 'same-origin' ? 'same-origin' : 'origin'
  const via = level === 'transparent' || level === 'anonymous' ? viaMembers(settings.pseudonym) : undefined
  const told = level === 'transparent'

  return function privateFields(exchange, upgrade, trailers) {
    const raw = exchange.rawFields
    const { authority } = exchange.target
    const fields: string[] = []
    let names: Set<string> | undefined
    let hasHost = false
    let hasLength = false
    let connectionAt = -1
    let upgraded = ''
    let cookieAt = 0
    let vias: string | undefined
    let addresses: string | undefined
    let elements: string | undefined

    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i] as string
      let value = raw[i + 1] as string
      if (name.charCodeAt(0) === 58) continue
      const is = kind.requestKind(name)
      switch (is) {
        case kind.ours:
          if (name.length !== 4 || hasHost) continue
          hasHost = true
          value = authority
          break
        case kind.connection: {
          const more = nominated(value)
          if (more !== undefined) names = names === undefined ? more : names.union(more)
          // Its place is kept: who looks at the order sees no proxy.
          if (connectionAt === -1) {
            connectionAt = fields.length
            fields.push(name, '')
          }
          continue
        }
        case kind.te:
          continue
        case kind.trailer:
          if (!trailers) continue
          break
        case kind.upgradeField:
          value = upgrade ? withoutH2c(value) : ''
          if (value === '') continue
          upgraded = value
          break
        case kind.contentLength:
          if (hasLength) continue
          hasLength = true
          break
        case kind.maxForwards:
          value = oneLess(exchange.target.method, value)
          break
        case kind.via:
          if (via === undefined) continue
          vias = withLine(vias, value)
          continue
        case kind.xForwardedFor:
          if (!told) continue
          addresses = withLine(addresses, value)
          continue
        case kind.forwarded:
          if (!told) continue
          if (!forwarded) break
          elements = withLine(elements, value)
          continue
      }
      switch (is === kind.ours || is === kind.trailer ? 0 : verdict(name.toLowerCase(), upgrade)) {
        case drop:
          continue
        case setUserAgent:
          value = agent
          break
        case shortenReferer: {
          const short = shortReferer(value, shorten, exchange.target)
          if (short === undefined) continue
          value = short
          break
        }
      }
      if (is === kind.cookie && exchange.protocol === 'HTTP/2.0') {
        // RFC 9113 8.2.3: crumbs of one Cookie field are joined again before they go on.
        if (cookieAt !== 0) {
          fields[cookieAt] += `; ${value}`
          continue
        }
        cookieAt = fields.length + 1
      }
      fields.push(name, value)
    }

    if (upgraded === '') {
      if (connectionAt !== -1) fields.splice(connectionAt, 2)
    } else if (connectionAt === -1) {
      fields.push('Connection', 'Upgrade')
    } else {
      fields[connectionAt + 1] = 'Upgrade'
    }
    // RFC 9110 7.6.1: before ours are added, so that nobody can strip ours with it.
    if (names !== undefined) dropNominated(fields, 0, names)
    if (!hasHost) fields.unshift('Host', authority)
    const { peer } = exchange.client
    if (told) fields.push('X-Forwarded-For', withLine(addresses, peer === '' ? 'unknown' : peer) as string)
    if (forwarded) fields.push('Forwarded', withLine(elements, forwardedElement(exchange)) as string)
    if (via !== undefined) fields.push('Via', withLine(vias, viaMember(via, exchange.protocol)) as string)
    if (dnt === 'set') fields.push('DNT', '1', 'Sec-GPC', '1')
    return fields
  }
}
