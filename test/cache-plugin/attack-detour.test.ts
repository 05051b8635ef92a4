import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import type { TestOrigin } from '../support/origin.ts'
import { stage } from './bed.ts'

const echo: RequestListener = (request, response) => {
  response.writeHead(200, { 'Cache-Control': 'max-age=60' })
  response.end(`${request.headers.host} ${request.url}`)
}

test('section 6.C 94: a handler that chooses the path by the client: nobody gets the content of another path', async (t) => {
  const { get } = await stage(t, echo, {
    reverse: {},
    setup: (app, origin) => {
      app.get('/me', (request, reply) =>
        reply.proxy({ upstream: origin.url, path: `/users/${request.headers['x-user']}` }),
      )
    },
  })
  assert.match((await get('/me', { 'X-User': 'a' })).text, / \/users\/a$/)
  assert.match((await get('/me', { 'X-User': 'b' })).text, / \/users\/b$/)

  const again = await get('/me', { 'X-User': 'a' })
  assert.match(again.text, / \/users\/a$/)
  assert.match(again.cache, /; hit/)
})

test('section 6.C 94: upstreams that differ by the path of their URL alone are two places', async (t) => {
  const { get } = await stage(t, echo, {
    reverse: {},
    setup: (app, origin) => {
      app.get('/me', (request, reply) => reply.proxy({ upstream: `${origin.url}/${request.headers['x-user']}` }))
    },
  })
  assert.match((await get('/me', { 'X-User': 'a' })).text, / \/a\/me$/)
  assert.match((await get('/me', { 'X-User': 'b' })).text, / \/b\/me$/)
})

test('section 6.C 94: a function that chooses the upstream: its answers are stored, each for its own upstream', async (t) => {
  let origin: TestOrigin | undefined
  const { get } = await stage(t, echo, {
    reverse: { upstream: (request) => `${origin?.url}/${request.headers['x-user']}` },
    setup: (_, its) => {
      origin = its
    },
  })
  const first = await get('/me', { 'X-User': 'a' })
  assert.deepEqual([first.status, first.text.endsWith(' /a/me')], [200, true])
  assert.match((await get('/me', { 'X-User': 'b' })).text, / \/b\/me$/)
  assert.match((await get('/me', { 'X-User': 'b' })).cache, /; hit/)
})

test('section 6.C 94: another Host for the upstream is another site', async (t) => {
  const { get } = await stage(t, echo, {
    reverse: {},
    setup: (app, origin) => {
      app.get('/me', (request, reply) =>
        reply.proxy({ upstream: origin.url, host: { set: `${request.headers['x-user']}.test` } }),
      )
    },
  })
  assert.match((await get('/me', { 'X-User': 'a' })).text, /^a\.test /)
  assert.match((await get('/me', { 'X-User': 'b' })).text, /^b\.test /)
})

test('a prefix that is rewritten takes nothing of the rules for the query', async (t) => {
  const { get } = await stage(t, echo, {
    cache: { key: { query: { ignore: ['utm_*'] } } },
    reverse: { prefix: '/api', rewritePrefix: '/v2' },
  })
  assert.match((await get('/api/x?utm_source=a')).text, / \/v2\/x\?utm_source=a$/)
  assert.match((await get('/api/x?utm_source=b')).cache, /; hit/)
})
