import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Child, startChild } from '../support/child.ts'
import { startOrigin, type TestOrigin } from '../support/origin.ts'

let origin: TestOrigin
before(async () => {
  origin = await startOrigin()
})
after(() => origin.close())

/** Runs an example in front of the test's origin, and ends it whatever happens. */
async function withExample(name: string, use: (url: string) => Promise<void>): Promise<void> {
  const child: Child = startChild(`examples/${name}.ts`, [], { PORT: '0', ORIGIN: origin.url })
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
})
