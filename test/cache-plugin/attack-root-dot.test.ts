import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from './bed.ts'

test('section 6.C 94: what an origin makes of `a.test.` is not given to those that ask for `a.test`', async (t) => {
  const { get } = await stage(t, (request, response) => {
    response.writeHead(301, { 'Cache-Control': 'max-age=60', Location: `https://${request.headers.host}/` }).end()
  })
  assert.equal((await get('/page', {}, { host: 'a.test.' })).headers.location, 'https://a.test./')
  assert.equal((await get('/page', {}, { host: 'a.test' })).headers.location, 'https://a.test/')
})

test('section 6.C 95: X-Forwarded-Host with the dot of the root is another host', async (t) => {
  const { get } = await stage(
    t,
    (request, response) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60' }).end(request.headers['x-forwarded-host'])
    },
    { kernel: { trustedProxies: ['127.0.0.1'] } },
  )
  const { text } = await get('/page', { 'X-Forwarded-Host': 'a.test.' }, { host: 'a.test' })
  assert.equal(text, 'a.test')
})
