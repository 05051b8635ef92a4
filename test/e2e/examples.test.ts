import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Child, startChild } from '../support/child.ts'
import { startOrigin, type TestOrigin } from '../support/origin.ts'

let origin: TestOrigin
let second: TestOrigin
before(async () => {
  origin = await startOrigin()
  second = await startOrigin()
})
after(() => Promise.all([origin.close(), second.close()]))

/** Runs an example in front of the test's origins, and ends it whatever happens. */
async function withExample(
  name: string,
  use: (url: string) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const child: Child = startChild(`examples/${name}.ts`, [], {
    PORT: '0',
    ORIGIN: origin.url,
    ORIGINS: `${origin.url} ${second.url}`,
    STABLE: origin.url,
    CANARY: second.url,
    ...env,
  })
  try {
    const [, url] = await child.says(/^(http:\/\/\S+)$/m)
    await use(url as string)
  } finally {
    await child.stop('SIGKILL')
  }
}

interface Mirrored {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

const mirrored = async (response: Response): Promise<Mirrored> => (await response.json()) as Mirrored

describe('every example runs as it stands', () => {
  test('reverse-proxy.ts passes everything on', async () => {
    await withExample('reverse-proxy', async (url) => {
      const response = await fetch(`${url}/a//b?c`, { method: 'PUT', body: 'hello' })

      const seen = await mirrored(response)
      assert.equal(seen.method, 'PUT')
      assert.equal(seen.url, '/a//b?c')
      assert.equal(seen.body, 'hello')
      assert.equal(seen.headers['x-forwarded-for'], '127.0.0.1')
    })
  })

  test('route-config.ts has routes of its own beside proxied ones', async () => {
    await withExample('route-config', async (url) => {
      const health = await fetch(`${url}/health`)
      const user = await fetch(`${url}/users/7`)
      const old = await fetch(`${url}/old`)
      const from = await fetch(`${url}/from`)
      const none = await fetch(`${url}/none`)

      assert.deepEqual(await health.json(), { ok: true })
      assert.equal(user.headers.get('server'), null)
      assert.equal((await mirrored(user)).url, '/users/7')
      assert.equal((await mirrored(old)).url, '/new?from=old')
      assert.equal((await mirrored(from)).url, '/from-reply-from')
      assert.equal(none.status, 404)
    })
  })

  test('own-guard-and-layer.ts refuses in every spelling, and takes the time', async () => {
    await withExample('own-guard-and-layer', async (url) => {
      const before = origin.requests.length
      const refused = await fetch(`${url}/internal/keys`)
      const spelled = await fetch(`${url}/%69nternal/keys`)
      const reached = origin.requests.length - before
      const passed = await fetch(`${url}/internals`)
      const timings = (await (await fetch(`${url}/timings`)).json()) as { answers: number; slowest: number }

      assert.equal(refused.status, 403)
      assert.match(await refused.text(), /APP_INTERNAL/)
      assert.equal(spelled.status, 403)
      assert.equal(reached, 0)
      assert.equal(passed.status, 200)
      assert.equal(timings.answers, 1)
      assert.ok(timings.slowest > 0)
    })
  })

  test('migrate-from-http-proxy.ts does what the old registration did', async () => {
    await withExample('migrate-from-http-proxy', async (url) => {
      const stranger = await fetch(`${url}/api/users?x=1`)
      const known = await fetch(`${url}/api/users?x=1`, { headers: { authorization: 'Bearer t' } })

      assert.equal(stranger.status, 401)
      assert.equal(known.headers.get('server'), null)
      const seen = await mirrored(known)
      assert.equal(seen.url, '/users?x=1')
      assert.equal(seen.headers.host, new URL(origin.url).host)
      assert.equal(seen.headers['x-from'], '127.0.0.1')
    })
  })

  test('load-balancing.ts shares, drains an origin on demand, and shows the pool', async () => {
    await withExample('load-balancing', async (url) => {
      const before = [origin.requests.length, second.requests.length]
      const id = new URL(second.url).host
      const drained = await fetch(`${url}/pool/${id}/drain`, { method: 'POST' })
      const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(`${url}/a`)))
      const pool = (await (await fetch(`${url}/pool`)).json()) as { id: string; state: string; picks: number }[]

      assert.equal(drained.status, 200)
      assert.ok(answers.every(({ status }) => status === 200))
      assert.deepEqual(
        pool.map(({ id: its, state, picks }) => [its, state, picks]),
        [
          [new URL(origin.url).host, 'ready', 10],
          [id, 'drain', 0],
        ],
      )
      const served = [origin.requests, second.requests].map((requests, i) =>
        requests.slice(before[i]).filter((request) => request.url === '/a'),
      )
      assert.deepEqual(
        served.map(({ length }) => length),
        [10, 0],
      )
    })
  })

  test('canary.ts sends testers to the canary, and each user to one side', async () => {
    await withExample('canary', async (url) => {
      const canaries = (): number => second.requests.length
      const before = canaries()
      await fetch(`${url}/a`, { headers: { 'x-canary': 'yes' } })
      const tester = canaries() - before
      const sides = new Set<number>()
      for (let i = 0; i < 5; i++) {
        const seen = canaries()
        const response = await fetch(`${url}/a`, { headers: { cookie: 'session=amy' } })
        assert.equal(response.status, 200)
        sides.add(canaries() - seen)
      }
      const rehearsal = await fetch(`${url}/rehearsal/a`, { method: 'POST' })

      assert.equal(tester, 1)
      assert.equal(sides.size, 1)
      assert.equal(rehearsal.status, 200)
    })
  })

  test('caching.ts answers the second visitor itself, leaves out who is signed in, and purges by tag', async () => {
    const site = await startOrigin((request, response) => {
      if (!request.url?.startsWith('/images/')) response.setHeader('Cache-Control', 'max-age=60')
      response.setHeader('Cache-Tag', 'all')
      response.end(`content of ${request.url}`)
    })
    try {
      await withExample(
        'caching',
        async (url) => {
          const said = async (path: string, headers: Record<string, string> = {}): Promise<string> => {
            const response = await fetch(url + path, { headers })
            await response.arrayBuffer()
            return response.headers.get('cache-status') ?? 'none'
          }

          assert.match(await said('/page'), /stored/)
          assert.match(await said('/page?utm_source=mail'), /; hit/)
          assert.match(await said('/page', { cookie: 'session=amy' }), /fwd=bypass/)
          assert.match(await said('/images/a'), /stored/)
          assert.match(await said('/images/a'), /; hit; ttl=8\d{4}/)
          assert.equal(await said('/account/me'), 'none')
          const purged = await fetch(`${url}/-/purge/all`, { method: 'POST' })
          assert.deepEqual(await purged.json(), { purged: 2 })
          assert.match(await said('/page'), /fwd=uri-miss/)
          const stats = (await (await fetch(`${url}/-/cache`)).json()) as { requests: { hits: number } }
          assert.equal(stats.requests.hits, 2)
        },
        { ORIGIN: site.url },
      )
    } finally {
      await site.close()
    }
  })
})
