import { createHmac, type KeyObject } from 'node:crypto'
import type { Exchange } from '../contract/exchange.ts'
import { requestCookie } from '../http/cookie.ts'
import { identityOf } from './identity.ts'
import type { Member } from './member.ts'
import { type PolicyAsk, usable } from './policy/policy.ts'
import type { StickySettings } from './sticky-options.ts'

export { readSticky, type StickyOptions, type StickySettings } from './sticky-options.ts'

/** Takes clients back to where they were. */
export interface Sticky {
  /** All members of the pool, of every level and health. To be called whenever one comes or goes. */
  update(members: readonly Member[]): void
  /**
   * The member that the request's cookie names. Undefined when there is no such cookie, when it was not made here, and
   * when the member is gone, draining, unhealthy, full or tried: then the pool picks anew, and marks.
   */
  find(exchange: Exchange | undefined, ask: PolicyAsk): Member | undefined
  /**
   * The exchange goes to this member: sets the cookie in the client's answer, unless the client has it. Called again (for
   * another attempt), the last one counts.
   */
  mark(exchange: Exchange | undefined, member: Member): void
}

/** 128 bits in base64url. */
const idLength = 22

/**
 * The cookie's value is HMAC-SHA256(secret, pool name NUL identity of the upstream), cut to 128 bits. It is name and
 * signature in one: it tells nothing of the addresses inside, needs no memory of sessions, and stays the same after a
 * restart and on every machine that has the secret.
 */
export function createSticky(settings: StickySettings, poolName: string): Sticky {
  const { cookie, keys, attributes, secure } = settings
  const start = `${cookie}=`
  /** By what each secret calls them. */
  let byId = new Map<string, Member>()
  const idsOf = new WeakMap<Member, readonly string[]>()

  /** One for each secret; the first is the one that is given out. */
  function ids(member: Member): readonly string[] {
    let found = idsOf.get(member)
    if (found === undefined) {
      const text = `${poolName}\0${identityOf(member.upstream)}`
      found = keys.map((key) => sign(key, text))
      idsOf.set(member, found)
    }
    return found
  }

  return {
    update(members) {
      byId = new Map(members.flatMap((member) => ids(member).map((id) => [id, member] as const)))
    },

    find(exchange, ask) {
      const sent = exchange === undefined ? undefined : requestCookie(exchange, cookie)
      if (sent?.length !== idLength) return undefined
      // No comparison in constant time is needed: the map compares by a hash of its own, seeded for this process, so
      // that its timing tells nothing of how near a guess is; and a hit wins a place on an upstream of this pool, which
      // whoever sends no cookie is given as well.
      const member = byId.get(sent)
      if (member === undefined || member.state !== 'ready' || !member.healthy) return undefined
      return usable(member, ask) ? member : undefined
    },

    mark(exchange, member) {
      if (exchange === undefined) return
      const id = ids(member)[0] as string
      const earlier = lineOf(exchange.replyFields, start)
      // One that an older secret signed is replaced: so an old secret can be taken away some day.
      if (requestCookie(exchange, cookie) === id) {
        if (earlier !== -1) exchange.replyFields?.splice(earlier, 2)
        return
      }
      const overTls = secure === 'auto' ? exchange.target.scheme === 'https' : secure
      const value = `${start}${id}${attributes}${overTls ? '; Secure' : ''}`
      exchange.replyFields ??= []
      if (earlier === -1) exchange.replyFields.push('Set-Cookie', value)
      else exchange.replyFields[earlier + 1] = value
    },
  }
}

function sign(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest().toString('base64url', 0, 16)
}

/** Where the cookie that begins so stands in the fields; -1 when it does not. */
function lineOf(fields: readonly string[] | undefined, start: string): number {
  if (fields === undefined) return -1
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] === 'Set-Cookie' && (fields[i + 1] as string).startsWith(start)) return i
  }
  return -1
}
