import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from './bed.ts'

for (const field of ['X-Middleware-Subrequest', 'X-Middleware-Prefetch', 'X-Invoke-Status', 'X-Now-Route-Matches']) {
  test(`section 6.C 95: ${field}, which a framework means for itself, makes nothing that is stored for others`, async (t) => {
    const { get } = await stage(t, ({ headers }, response) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60' })
      response.end(headers[field.toLowerCase()] === undefined ? 'page' : 'poison')
    })
    await get('/page', { [field]: '1' })
    assert.equal((await get('/page')).text, 'page')
  })
}
