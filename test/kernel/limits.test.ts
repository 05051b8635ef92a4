import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { type TestContext, test } from 'node:test'
import { startOrigin, startProxy } from '../support/app.ts'

type Fields = Readonly<Record<string, string>>
type Ask = (path: string, fields: Fields) => Promise<number>

/** A proxy with the limits, and how to ask it in one protocol. */
async function limited(t: TestContext, http2: boolean, limits: object): Promise<{ ask: Ask; reached: () => number }> {
  const origin = await startOrigin(t)
  const proxy = await startProxy(t, {
    server: http2 ? { http2: true } : {},
    kernel: { limits },
    reverse: { upstream: origin.url },
  })
  const reached = (): number => origin.requests.length
  if (!http2) {
    const ask: Ask = async (path, headers) => (await fetch(proxy.url + path, { headers: { ...headers } })).status
    return { ask, reached }
  }
  const session = connect(proxy.url)
  t.after(() => session.destroy())
  const ask: Ask = (path, fields) =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ...fields, ':path': path })
      stream.on('error', reject)
      stream.on('response', (head) => resolve(Number(head[':status'])))
      stream.resume().end()
    })
  return { ask, reached }
}

const many = (count: number): Fields => Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'v']))

for (const http2 of [false, true]) {
  const name = http2 ? 'HTTP/2' : 'HTTP/1.1'

  test(`more fields than limits.headerFields: 431 on ${name}`, async (t) => {
    const { ask, reached } = await limited(t, http2, { headerFields: 20 })

    assert.equal(await ask('/', many(21)), 431)
    assert.equal(reached(), 0)
    assert.equal(await ask('/', many(10)), 200)
  })

  test(`more bytes of fields than limits.headerBytes: 431 on ${name}`, async (t) => {
    const { ask, reached } = await limited(t, http2, { headerBytes: '2KiB' })

    assert.equal(await ask('/', { 'x-long': 'v'.repeat(2048) }), 431)
    assert.equal(reached(), 0)
    assert.equal(await ask('/', { 'x-long': 'v'.repeat(1500) }), 200)
  })

  test(`a target longer than limits.uriBytes: 414 on ${name}`, async (t) => {
    const { ask, reached } = await limited(t, http2, { uriBytes: 100 })

    assert.equal(await ask(`/${'x'.repeat(100)}`, {}), 414)
    assert.equal(reached(), 0)
    assert.equal(await ask(`/${'x'.repeat(99)}`, {}), 200)
  })

  test(`the limits by default are 100 fields, 16 KiB and 8 KiB of target on ${name}`, async (t) => {
    const { ask, reached } = await limited(t, http2, {})

    assert.equal(await ask('/', many(101)), 431)
    assert.equal(await ask(`/${'x'.repeat(8 * 1024)}`, {}), 414)
    assert.equal(reached(), 0)
    assert.equal(await ask('/', many(80)), 200)
    assert.equal(await ask(`/${'x'.repeat(8 * 1024 - 1)}`, { 'x-long': 'v'.repeat(6000) }), 200)
  })
}
