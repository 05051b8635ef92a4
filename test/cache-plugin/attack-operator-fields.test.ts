import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { stage } from './bed.ts'

test('what a handler adds to the request for one user is never the answer for another, though the origin says no Vary', async (t) => {
  const bed = await stage(
    t,
    (request, response) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60' })
      response.end(`page of ${request.headers['x-user-id']}`)
    },
    {
      reverse: {},
      setup: (app, origin) => {
        app.get('/me', (request: FastifyRequest, reply: FastifyReply) => {
          const user = String(request.headers['x-session'])
          return reply.proxy({ upstream: origin.url, requestFields: { set: { 'X-User-Id': user } } })
        })
      },
    },
  )

  const anna = await bed.get('/me', { 'X-Session': 'anna' })
  const ben = await bed.get('/me', { 'X-Session': 'ben' })
  const again = await bed.get('/me', { 'X-Session': 'anna' })

  assert.equal(anna.text, 'page of anna')
  assert.equal(ben.text, 'page of ben')
  assert.match(again.cache, /; hit/)
  assert.equal(again.text, 'page of anna')
})
