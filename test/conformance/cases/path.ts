import { strict as assert } from 'node:assert'
import type { Case } from '../harness/case.ts'
import type { Context } from '../harness/context.ts'
import { refuses, serves } from '../harness/expect.ts'
import { get } from '../harness/origin.ts'
import { accepting, handshake } from '../harness/websocket.ts'

const mount = { mounts: [{ prefix: '/pub', to: '/app' }] }

/** Every way to climb out of `/pub` that the advisories know. */
const climbs = [
  '/pub/../secret',
  '/pub/..',
  '/pub/%2e%2e/secret',
  '/pub/.%2E/secret',
  '/pub/%2e./secret',
  '/pub/a/../../secret',
  '/pub/a/%2e%2e%2f%2e%2e%2fsecret',
  '/pub/..%2fsecret',
  '/pub/..;/secret',
  '/pub/..;x=1/secret',
  '/pub/..\\secret',
  '/pub/..%5csecret',
  '/pub/%2e%2e%5csecret',
  '/pub/.\t./secret',
  '/pub//../../secret',
  '/pub/./../secret',
  '/pub%2f..%2f..%2fsecret',
]

type Ask = (ctx: Context, target: string) => Promise<void>

const byHttp: Ask = async (ctx, target) => {
  const client = await ctx.connect()
  client.send(get(target))
  // No answer and no end is no way in either.
  await client.responseOrClose(600).catch(() => {})
  client.leave()
}

const byUpgrade: Ask = async (ctx, target) => {
  const client = await ctx.connect()
  client.send(handshake(target))
  // No answer and no end is no way in either.
  await client.responseOrClose(600).catch(() => {})
  client.leave()
}

function climbing(id: string, how: string, ask: Ask): Case {
  return {
    id,
    title: `No dot segment, in any encoding, leaves the mount (${how})`,
    source: 'A51, A52, A53, A54, complaint 10, complaint 14, complaint 48, GHSA-2q7r-29rg-6m5h, GHSA-c4qr-gmr9-v23w',
    limit: 20_000,
    async run(ctx) {
      await ctx.start(mount)
      ctx.origin.answer = accepting()
      for (const target of climbs) {
        const before = ctx.origin.requests.length
        await ask(ctx, target)
        for (const { message } of ctx.origin.requests.slice(before)) {
          assert.ok(staysIn('/app', message.target), `${target} became ${message.target}`)
        }
      }
    },
  }
}

/** Where the mount is, what passes, what is refused. */
export const path: readonly Case[] = [
  climbing('climb-http', 'HTTP', byHttp),
  climbing('climb-upgrade', 'WebSocket', byUpgrade),
  {
    id: 'double-slash-authority',
    title: '`//host/path` never becomes an authority',
    source: 'A56, complaint 23, CVE-2022-35949',
    async run(ctx) {
      const other = await ctx.anotherOrigin()
      for (const target of [
        `//${other.authority}/x`,
        `///${other.authority}/x`,
        `/\\${other.authority}/x`,
        `\\\\${other.authority}/x`,
      ]) {
        await byHttp(ctx, target)
        await byUpgrade(ctx, target)
      }
      assert.equal(other.connections.length, 0, 'the proxy connected to the host in the path')
    },
  },
  {
    id: 'encoded-prefix',
    title: 'A prefix in encoded letters is the prefix, or is not: matched and not rewritten it never is',
    limit: 10_000,
    source: 'A57, complaint 15, complaint 26, CVE-2026-16117, chimurai/http-proxy-middleware#1168',
    async run(ctx) {
      await ctx.start({ mounts: [{ prefix: '/admin', to: '/private' }] })
      ctx.origin.answer = accepting()
      for (const ask of [byHttp, byUpgrade]) {
        for (const target of ['/adm%69n/x', '/%61dmin/x', '/%61%64%6d%69%6e/x']) {
          const before = ctx.origin.requests.length
          await ask(ctx, target)
          for (const { message } of ctx.origin.requests.slice(before)) {
            assert.equal(message.target, '/private/x', `${target} became ${message.target}`)
          }
        }
      }
    },
  },
  {
    id: 'prefix-neighbours',
    title: 'HTTP and WebSocket decide alike about what only looks like the prefix',
    source: 'A58, complaint 15, CVE-2026-15631',
    limit: 15_000,
    async run(ctx) {
      await ctx.start({ mounts: [{ prefix: '/admin', to: '/private' }] })
      ctx.origin.answer = accepting()
      for (const target of [
        '/admin%2fx',
        '/admin;x',
        '/admin//',
        '/ADMIN',
        '/adminx',
        '//admin/x',
        '/admin',
        '/admin/',
        '/admin?q',
      ]) {
        const decisions: string[] = []
        for (const ask of [byHttp, byUpgrade]) {
          const before = ctx.origin.requests.length
          await ask(ctx, target)
          decisions.push(
            ctx.origin.requests
              .slice(before)
              .map(({ message }) => message.target)
              .join() || 'refused',
          )
        }
        assert.equal(decisions[0], decisions[1], `${target}: HTTP ${decisions[0]}, WebSocket ${decisions[1]}`)
        const sent = decisions[0] ?? ''
        assert.ok(sent === 'refused' || staysIn('/private', sent), `${target} became ${sent}`)
      }
    },
  },
  {
    id: 'prefix-boundary',
    title: 'The prefix `/pub` does not take `/public`',
    source: 'A58, complaint 14',
    async run(ctx) {
      await ctx.start(mount)
      await byHttp(ctx, '/public/x')
      await byUpgrade(ctx, '/public/x')
      assert.deepEqual(
        ctx.origin.requests.map(({ message }) => message.target),
        [],
      )
      await serves(ctx, '/pub/x', get('/pub/x'))
      assert.equal(ctx.origin.requests[0]?.message.target, '/app/x')
    },
  },
  {
    id: 'control-never-decoded',
    title: '`%0d%0a` and `%00` never become bytes of a line upstream',
    source: 'A59, RFC 9110 17.5',
    async run(ctx) {
      for (const target of ['/a%0d%0aX-Evil:%201', '/a%0D%0A%0D%0AGET%20/evil', '/a%00b', '/a?x=%0d%0aX-Evil:1']) {
        await byHttp(ctx, target)
        await byUpgrade(ctx, target)
      }
      assert.doesNotMatch(ctx.origin.received, /X-Evil: ?1\r|\nGET \/evil|\0/)
    },
  },
  {
    id: 'control-refused',
    title: '`%00` and `%0d%0a` in a path are refused by default',
    source: 'A59',
    async run(ctx) {
      for (const target of ['/a%0d%0ab', '/a%00b']) await refuses(ctx, target, get(target), { mayGoOn: true })
    },
  },
]

/** Read in the most dangerous way an origin could, does the target stay below `root`? */
function staysIn(root: string, target: string): boolean {
  const plain = (target.split('?')[0] ?? '')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll('\\', '/')
    .replace(/[\t\r\n\0]/g, '')
  const segments: string[] = []
  for (const segment of plain.split('/').map((each) => each.replace(/;.*/, ''))) {
    if (segment === '..') segments.pop()
    else if (segment !== '.' && segment !== '') segments.push(segment)
  }
  return `/${segments.join('/')}/`.startsWith(`${root}/`)
}
