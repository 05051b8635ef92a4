import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { stage, times } from './bed.ts'

test('an error that never ends, and that a stale response stands in for, does not hold its connection', async (t) => {
  let open = 0
  const { get, calls, clock } = await stage(t, (_, response) => {
    if (calls.length === 1) {
      response.writeHead(200, { 'Cache-Control': 'max-age=1, stale-if-error=600', ETag: '"1"' }).end('content')
      return
    }
    open++
    response.writeHead(500)
    const timer = setInterval(() => response.write('x'), 10)
    response.on('close', () => {
      open--
      clearInterval(timer)
    })
  })
  await get('/page')
  clock.advance(2000)
  const replies = await Promise.all(times(5, () => get('/page')))
  for (const { text } of replies) assert.equal(text, 'content')
  assert.ok(open > 0)

  clock.advance(10_000)
  await until(() => open === 0, 'the end of the calls')
  assert.equal(clock.pending, 0)
})
