import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { Member } from '../../src/balance/member.ts'
import { createSticky, readSticky, type Sticky, type StickyOptions } from '../../src/balance/sticky.ts'
import type { Exchange } from '../../src/contract/exchange.ts'
import type { Target } from '../../src/contract/target.ts'
import { exchangeWith } from '../http/exchange-with.ts'
import { equals, memberWith } from './policy/members.ts'

const secret = 'a secret of more than sixteen characters'
const ask = { now: 0, tried: [], hash: 0 }

test('a client without a cookie is given one, and it leads back to the member', () => {
  const { sticky, members } = stickyWith({})
  const [, b] = members as [Member, Member]
  const first = exchangeWith({})

  assert.equal(sticky.find(first, ask), undefined)
  sticky.mark(first, b)

  assert.equal(sticky.find(visit(first), ask), b)
})

test('a client that has the cookie is not given it again', () => {
  const { sticky, members } = stickyWith({})
  const again = visit(marked(sticky, members[0] as Member))

  sticky.mark(again, members[0] as Member)

  assert.equal(again.replyFields, undefined)
})

test('the value is HMAC-SHA256 of the pool and the upstream, cut to 128 bits, and tells nothing of it', () => {
  const { sticky, members } = stickyWith({})

  const value = cookieOf(marked(sticky, members[0] as Member))

  const whole = createHmac('sha256', secret).update('api\0a http://a.test').digest()
  assert.equal(value, `sallyport=${whole.subarray(0, 16).toString('base64url')}`)
  assert.match(value, /^sallyport=[A-Za-z0-9_-]{22}$/)
})

test('the cookie survives a restart and a change of the order', () => {
  const before = stickyWith({})
  const client = marked(before.sticky, before.members[2] as Member)
  const after = stickyWith({}, equals(3).reverse())

  assert.equal(after.sticky.find(visit(client), ask)?.id, 'c')
})

test('a member that is gone, draining, in maintenance, unhealthy, full, broken or tried is not found; one that is back is', () => {
  const { sticky, members } = stickyWith({})
  const [a, b, c] = members as [Member, Member, Member]
  const client = visit(marked(sticky, b))
  const found = (change: () => void, undo: () => void): (string | undefined)[] => {
    change()
    const during = sticky.find(client, ask)?.id
    undo()
    return [during, sticky.find(client, ask)?.id]
  }

  for (const both of [
    found(
      () => sticky.update([a, c]),
      () => sticky.update([a, b, c]),
    ),
    found(
      () => Object.assign(b, { state: 'drain' }),
      () => Object.assign(b, { state: 'ready' }),
    ),
    found(
      () => Object.assign(b, { state: 'maintenance' }),
      () => Object.assign(b, { state: 'ready' }),
    ),
    found(
      () => Object.assign(b, { check: 'down' }),
      () => Object.assign(b, { check: 'up' }),
    ),
    found(
      () => Object.assign(b, { ejected: true }),
      () => Object.assign(b, { ejected: false }),
    ),
    found(
      () => Object.assign(b, { active: 5, maxRequests: 5 }),
      () => Object.assign(b, { active: 4 }),
    ),
  ]) {
    assert.deepEqual(both, [undefined, 'b'])
  }
  assert.equal(sticky.find(client, { ...ask, tried: [b.upstream] }), undefined)
})

test('a client that has to move is marked anew and stays at the new place', () => {
  const { sticky, members } = stickyWith({})
  const [a, b] = members as [Member, Member]
  const client = visit(marked(sticky, a))
  a.state = 'drain'

  assert.equal(sticky.find(client, ask), undefined)
  sticky.mark(client, b)

  a.state = 'ready'
  assert.equal(sticky.find(visit(client), ask), b)
})

test('after several attempts the last one is marked, once', () => {
  const { sticky, members } = stickyWith({})
  const [a, b] = members as [Member, Member]
  const exchange = exchangeWith({})
  exchange.replyFields = ['Set-Cookie', 'other=1', 'X', 'sallyport=2']

  sticky.mark(exchange, a)
  sticky.mark(exchange, b)

  const line = `${cookieOf(marked(sticky, b))}; Path=/; HttpOnly; SameSite=Lax`
  assert.deepEqual(exchange.replyFields, ['Set-Cookie', 'other=1', 'X', 'sallyport=2', 'Set-Cookie', line])
})

test('a client that comes back to its member after an attempt elsewhere is not marked', () => {
  const { sticky, members } = stickyWith({})
  const [a, b] = members as [Member, Member]
  const client = visit(marked(sticky, a))

  sticky.mark(client, b)
  sticky.mark(client, a)

  assert.deepEqual(client.replyFields, [])
})

test('without an exchange there is nothing to find or to mark', () => {
  const { sticky, members } = stickyWith({})

  sticky.mark(undefined, members[0] as Member)

  assert.equal(sticky.find(undefined, ask), undefined)
})

test('attributes are as the options say', () => {
  const attributes = (options: Partial<StickyOptions>, target: Partial<Target> = {}): string | undefined => {
    const { sticky, members } = stickyWith(options)
    const exchange = exchangeWith({ target })
    sticky.mark(exchange, members[0] as Member)
    return exchange.replyFields?.[1]?.replace(/^[^;]*/, '')
  }

  assert.equal(attributes({}), '; Path=/; HttpOnly; SameSite=Lax')
  assert.equal(attributes({}, { scheme: 'https' }), '; Path=/; HttpOnly; SameSite=Lax; Secure')
  assert.equal(attributes({ secure: false }, { scheme: 'https' }), '; Path=/; HttpOnly; SameSite=Lax')
  assert.equal(
    attributes({ secure: true, sameSite: 'none', httpOnly: false, path: '/app', domain: 'example.org', maxAge: '12h' }),
    '; Path=/app; Domain=example.org; Max-Age=43200; SameSite=None; Secure',
  )
  assert.equal(attributes({ sameSite: 'strict', maxAge: 1 }), '; Path=/; Max-Age=1; HttpOnly; SameSite=Strict')
  assert.equal(attributes({ maxAge: false }), '; Path=/; HttpOnly; SameSite=Lax')
})

test('a secret is changed without moving a client: both are accepted, the first is given out', () => {
  const next = 'the next secret, which is as long'
  const old = stickyWith({})
  const client = visit(marked(old.sticky, old.members[1] as Member))
  const both = stickyWith({ secret: [next, secret] })
  const after = stickyWith({ secret: next })

  assert.equal(after.sticky.find(client, ask), undefined)
  const found = both.sticky.find(client, ask) as Member
  assert.equal(found.id, 'b')
  both.sticky.mark(client, found)
  assert.equal(after.sticky.find(visit(client), ask)?.id, 'b')
})

test('members of one pool that differ by the path of their URL have cookies of their own', () => {
  const [a, b] = equals(2) as [Member, Member]
  const { sticky } = stickyWith({}, [a, b])
  const other = { ...memberWith('a'), upstream: { ...a.upstream, basePath: '/x' } } as Member

  assert.notEqual(cookieOf(marked(sticky, a)), cookieOf(marked(sticky, other)))
})

test('attack: a forged, cut, lengthened or decorated cookie leads nowhere', () => {
  const { sticky, members } = stickyWith({})
  const [, id] = cookieOf(marked(sticky, members[0] as Member)).split('=') as [string, string]
  const swapped = id.slice(0, 5) + (id[5] === 'A' ? 'B' : 'A') + id.slice(6)
  const unsigned = createHmac('sha256', '').update('api\0a http://a.test').digest('base64url').slice(0, 22)

  for (const value of [
    swapped,
    id.slice(0, -1),
    `${id}A`,
    `"${id}"`,
    `${id}==`,
    ` ${id}`,
    id.toLowerCase(),
    unsigned,
    '',
    'a',
    '0',
    '__proto__',
  ]) {
    assert.equal(sticky.find(exchangeWith({ fields: ['Cookie', `sallyport=${value}`] }), ask), undefined, value)
  }
  assert.notEqual(sticky.find(exchangeWith({ fields: ['Cookie', `sallyport=${id}`] }), ask), undefined)
})

test("attack: another pool's cookie leads nowhere, even where the pools share upstreams and secret", () => {
  const { sticky, members } = stickyWith({})
  const client = visit(marked(sticky, members[0] as Member))
  const other = createSticky(readSticky('sticky', { secret }), 'admin')
  other.update(members)

  assert.equal(other.find(client, ask), undefined)
})

test('attack: of several cookies the first counts, so one behind it changes nothing', () => {
  const { sticky, members } = stickyWith({})
  const [a, b] = members.map((member) => cookieOf(marked(sticky, member))) as [string, string]

  assert.equal(sticky.find(exchangeWith({ fields: ['Cookie', `${a}; ${b}`] }), ask), members[0])
  assert.equal(sticky.find(exchangeWith({ fields: ['Cookie', `sallyport=x; ${b}`] }), ask), undefined)
})

test('attack: a cookie of 10 KB leads nowhere, and one behind 10 KB of others is found', () => {
  const { sticky, members } = stickyWith({})
  const good = cookieOf(marked(sticky, members[1] as Member))

  assert.equal(sticky.find(exchangeWith({ fields: ['Cookie', `sallyport=${'A'.repeat(10_240)}`] }), ask), undefined)
  const many = Array.from({ length: 600 }, (_, i) => `c${i}=0123456789`).join('; ')
  assert.equal(sticky.find(exchangeWith({ fields: ['Cookie', `${many}; ${good}`] }), ask), members[1])
})

test('options that browsers or the signature would not stand are refused', () => {
  for (const [options, message] of [
    [{ secret: undefined }, /^Option 'sticky.secret' is missing: give a random text of at least 16/],
    [{ secret: [] }, /^Option 'sticky.secret' is a list/],
    [{ cookie: 'a b' }, /^Option 'sticky.cookie' is "a b": give a name/],
    [{ cookie: '' }, /^Option 'sticky.cookie' is ""/],
    [{ cookie: 'a;b' }, /^Option 'sticky.cookie'/],
    [{ sameSite: 'none' }, /^Option 'sticky.sameSite' is "none": browsers take it with 'secure: true' alone/],
    [{ sameSite: 'none', secure: false }, /^Option 'sticky.sameSite'/],
    [{ sameSite: 'Lax' }, /^Option 'sticky.sameSite' is "Lax": give one of/],
    [{ secure: 'yes' }, /^Option 'sticky.secure' is "yes": give true, false or 'auto'/],
    [{ httpOnly: 1 }, /^Option 'sticky.httpOnly' is 1/],
    [{ maxAge: 'long' }, /^Option 'sticky.maxAge' is "long"/],
    [{ path: 'app' }, /^Option 'sticky.path' is "app": give a path/],
    [{ path: '/; Domain=evil.test' }, /^Option 'sticky.path'/],
    [{ path: '/a\r\nX: y' }, /^Option 'sticky.path'/],
    [{ domain: 'a.test; Secure' }, /^Option 'sticky.domain'/],
    [{ domain: '' }, /^Option 'sticky.domain'/],
    [{ cookie: '__Host-s' }, /^Option 'sticky.cookie' is "__Host-s": browsers take that prefix/],
    [{ cookie: '__Secure-s' }, /^Option 'sticky.cookie'/],
    [{ cookie: '__Host-s', secure: true, path: '/app' }, /^Option 'sticky.cookie'/],
    [{ cookie: '__Host-s', secure: true, domain: 'a.test' }, /^Option 'sticky.cookie'/],
  ] as const) {
    const given = { secret, ...options } as unknown as StickyOptions
    assert.throws(() => readSticky('sticky', given), { name: 'OptionError', message }, JSON.stringify(options))
  }
  for (const given of [undefined, null, true, 'secret', []]) {
    assert.throws(() => readSticky('sticky', given as unknown as StickyOptions), { name: 'OptionError' })
  }
  assert.doesNotThrow(() => readSticky('sticky', { secret, cookie: '__Host-s', secure: true, sameSite: 'none' }))
})

test('no error and no printed setting says a secret', () => {
  const short = 'short-secret'

  for (const given of [
    { secret: short },
    { secret: [secret, short] },
    { secrets: short },
    { secret: { key: short } },
  ]) {
    assert.throws(
      () => readSticky('sticky', given as unknown as StickyOptions),
      (error: Error) => !inspect(error, { depth: 9 }).includes(short) && /sticky\.secret/.test(error.message),
    )
  }
  const settings = readSticky('sticky', { secret })
  assert.ok(!inspect(settings, { depth: 9, showHidden: true }).includes(secret))
  assert.ok(!JSON.stringify(settings).includes(secret))
  assert.ok(Object.isFrozen(settings))
})

function stickyWith(options: Partial<StickyOptions>, members = equals(3)): { sticky: Sticky; members: Member[] } {
  const sticky = createSticky(readSticky('sticky', { secret, ...options }), 'api')
  sticky.update(members)
  return { sticky, members }
}

function marked(sticky: Sticky, member: Member): Exchange {
  const exchange = exchangeWith({})
  sticky.mark(exchange, member)
  return exchange
}

/** `name=value` of the last Set-Cookie. */
function cookieOf(exchange: Exchange): string {
  return exchange.replyFields?.at(-1)?.split(';')[0] ?? ''
}

/** The next request of the client that got this answer. */
function visit(before: Exchange): Exchange {
  return exchangeWith({ fields: ['Host', 'a.test', 'Cookie', `a=1; ${cookieOf(before)}`] })
}
