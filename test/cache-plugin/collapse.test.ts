import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { begin, caughtUp, stage, times } from './bed.ts'

test('section 6.C 109: 100 concurrent misses are one upstream call, and all of them get it as it arrives', async (t) => {
  let held: ServerResponse | undefined
  const { url, calls, app } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.write('first,')
    held = response
  })

  const clients = times(100, () => begin(`${url}/page`))
  await Promise.all(clients.map((client) => client.says('first,')))
  held?.end('second')
  const replies = await Promise.all(clients.map(({ over }) => over))

  assert.deepEqual(calls, ['GET /page'])
  for (const { status, text, broken } of replies) assert.deepEqual([status, text, broken], [200, 'first,second', false])
  assert.equal(replies.filter(({ cache }) => cache.includes('; collapsed')).length, 99)
  assert.equal(app.httpCache.stats().requests.collapsed, 99)
  assert.match((await begin(`${url}/page`).over).cache, /; hit/)
})

test('whoever comes in the middle gets all of it from the beginning', async (t) => {
  let held: ServerResponse | undefined
  const { url, calls } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.write('first,')
    held = response
  })
  const early = begin(`${url}/page`)
  await early.says('first,')

  const late = begin(`${url}/page`)
  await late.says('first,')
  held?.end('second')

  assert.equal((await late.over).text, 'first,second')
  assert.equal((await early.over).text, 'first,second')
  assert.equal(calls.length, 1)
})

test('section 6.C 109: the leader leaves before the head, and the others get all of it', async (t) => {
  let held: ServerResponse | undefined
  const { url, calls } = await stage(t, (_, response) => {
    held = response
  })
  const leader = begin(`${url}/page`)
  await until(() => calls.length === 1, 'the call')
  const others = times(5, () => begin(`${url}/page`))
  await caughtUp(url)

  leader.leave()
  await caughtUp(url)
  held?.writeHead(200, { 'Cache-Control': 'max-age=60' })
  held?.end('content')

  for (const { over } of others) assert.equal((await over).text, 'content')
  assert.deepEqual(calls.length, 1)
})

test('section 6.C 109: the leader leaves in the middle, and the others get the rest', async (t) => {
  let held: ServerResponse | undefined
  const { url, calls } = await stage(t, (_, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.write('first,')
    held = response
  })
  const leader = begin(`${url}/page`)
  await leader.says('first,')
  const other = begin(`${url}/page`)
  await other.says('first,')

  leader.leave()
  await caughtUp(url)
  held?.end('second')

  assert.equal((await other.over).text, 'first,second')
  assert.equal(calls.length, 1)
})

test('when all have left before the head, the upstream call ends at once', async (t) => {
  let closed = false
  const { url, calls } = await stage(t, (_, response) => {
    response.on('close', () => {
      closed = true
    })
  })
  const clients = times(3, () => begin(`${url}/page`))
  await until(() => calls.length === 1, 'the call')
  await caughtUp(url)

  for (const client of clients) client.leave()

  await until(() => closed, 'the end of the upstream call', 1000)
})

test('an answer that is not for sharing releases the crowd at once: each has its own, none waits for another', async (t) => {
  const held: ServerResponse[] = []
  const { url, calls } = await stage(t, (request, response) => {
    held.push(response)
    if (held.length === 1) return
    response.writeHead(200, { 'Cache-Control': 'private' })
    response.end(`for ${request.headers['x-name']}`)
  })
  const leader = begin(`${url}/page`, { 'X-Name': 'leader' })
  await until(() => calls.length === 1, 'the call')
  const others = times(9, (i) => begin(`${url}/page`, { 'X-Name': String(i) }))
  await caughtUp(url)

  held[0]?.writeHead(200, { 'Cache-Control': 'private' })
  held[0]?.flushHeaders()
  const texts = (await Promise.all(others.map(({ over }) => over))).map(({ text }) => text)
  held[0]?.end('for leader')

  assert.deepEqual(
    texts,
    times(9, (i) => `for ${i}`),
  )
  assert.equal((await leader.over).text, 'for leader')
  assert.equal(calls.length, 10)
})

test('after an answer that was not for sharing the next ones do not wait for each other', async (t) => {
  const held: ServerResponse[] = []
  const { url, get, calls } = await stage(t, (_, response) => {
    if (calls.length > 1) {
      held.push(response)
      return
    }
    response.writeHead(200, { 'Cache-Control': 'no-store' })
    response.end('content')
  })
  await get('/page')

  const clients = times(3, () => begin(`${url}/page`))

  await until(() => held.length === 3, 'three calls side by side')
  for (const response of held) response.end('x')
  await Promise.all(clients.map(({ over }) => over))
})

test('section 6.C 109: the leader fails, all that waited are told, and the next one asks anew', async (t) => {
  let held: ServerResponse | undefined
  let first = true
  const { url, calls, get } = await stage(t, (_, response) => {
    if (first) {
      first = false
      held = response
      return
    }
    response.writeHead(200, { 'Cache-Control': 'max-age=60' })
    response.end('content')
  })
  const clients = times(5, () => begin(`${url}/page`))
  await until(() => calls.length === 1, 'the call')
  await caughtUp(url)

  held?.destroy()
  const replies = await Promise.all(clients.map(({ over }) => over))

  for (const { status } of replies) assert.equal(status, 502)
  assert.equal((await get('/page')).text, 'content')
})

test('whoever has waited for `collapse` makes its own call', async (t) => {
  const held: ServerResponse[] = []
  const { url, clock } = await stage(t, (_, response) => void held.push(response), { cache: { collapse: '2s' } })
  const leader = begin(`${url}/page`)
  await until(() => held.length === 1, 'the call')
  const others = times(2, () => begin(`${url}/page`))
  await caughtUp(url)

  clock.advance(1999)
  await caughtUp(url)
  const before = held.length
  clock.advance(1)
  await until(() => held.length === 3, 'two more calls')

  assert.equal(before, 1)
  for (const [i, response] of held.entries()) response.end(`content ${i}`)
  assert.equal((await leader.over).text, 'content 0')
  assert.deepEqual((await Promise.all(others.map(({ over }) => over))).map(({ text }) => text).sort(), [
    'content 1',
    'content 2',
  ])
})

test('Vary splits a crowd: one call for each variant', async (t) => {
  const held: ServerResponse[] = []
  const { url, calls } = await stage(t, (request, response) => {
    const answer = (): void => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60', Vary: 'X-Kind' })
      response.end(`kind ${request.headers['x-kind']}`)
    }
    if (held.push(response) === 1) response.once('go', answer)
    else answer()
  })
  const first = begin(`${url}/page`, { 'X-Kind': '0' })
  await until(() => held.length === 1, 'the call')
  const others = times(30, (i) => begin(`${url}/page`, { 'X-Kind': String(i % 3) }))
  await caughtUp(url)

  held[0]?.emit('go')
  const texts = (await Promise.all(others.map(({ over }) => over))).map(({ text }) => text)

  assert.equal((await first.over).text, 'kind 0')
  assert.deepEqual(
    texts,
    times(30, (i) => `kind ${i % 3}`),
  )
  assert.equal(calls.length, 3)
})

test('`collapse: false`: nobody waits for anybody', async (t) => {
  const held: ServerResponse[] = []
  const { url } = await stage(t, (_, response) => void held.push(response), { cache: { collapse: false } })

  const clients = times(3, () => begin(`${url}/page`))

  await until(() => held.length === 3, 'three calls')
  for (const response of held) response.end('x')
  await Promise.all(clients.map(({ over }) => over))
})
