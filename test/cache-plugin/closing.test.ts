import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { begin, stage, times } from './bed.ts'

test('the app closes while answers are on their way: clients that share one get all of it, and nothing is left', async (t) => {
  let finish: (() => void) | undefined
  const at = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.write('first,')
    finish = () => response.end('second')
  })
  const clients = times(3, () => begin(`${at.url}/page`))
  await Promise.all(clients.map((client) => client.says('first,')))

  const closed = at.app.close()
  finish?.()
  const replies = await Promise.all(clients.map(({ over }) => over))
  await closed

  for (const { text, broken } of replies) assert.deepEqual([text, broken], ['first,second', false])
  assert.equal(at.clock.pending, 0, 'timers')
})

test('the app closes while a call in the background hangs: it does not wait for ever', async (t) => {
  const at = await stage(t, (_, response) => {
    if (at.calls.length > 1) return
    response.writeHead(200, { 'Cache-Control': 'max-age=10, stale-while-revalidate=60' })
    response.end('old')
  })
  await at.get('/page')
  at.clock.advance(20_000)
  await at.get('/page')
  await until(() => at.calls.length === 2, 'the call in the background')

  let isClosed = false
  const closed = at.app.close().then(() => {
    isClosed = true
  })
  await until(() => {
    at.clock.advance(100)
    return isClosed
  }, 'the end of the app')
  await closed
})
