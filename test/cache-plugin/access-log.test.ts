import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import sallyport, { serverOptions } from '../../plugins/suite/index.ts'
import { startOrigin } from '../support/app.ts'
import { until } from '../support/until.ts'
import { ask } from './bed.ts'

test('the suite with `cache: true`, and its access log: cache and cache.detail of each request', async (t) => {
  const lines: Record<string, unknown>[] = []
  const origin = await startOrigin(t, (request, response) => {
    response.writeHead(200, { 'Cache-Control': request.url === '/private' ? 'private' : 'max-age=60' })
    response.end()
  })
  const app = Fastify(serverOptions())
  t.after(() => app.close())
  await app.register(sallyport, {
    observe: { destination: { write: (line: string) => void lines.push(JSON.parse(line)) } },
    cache: true,
    reverse: { upstream: origin.url },
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })

  await ask(`${url}/page`)
  await ask(`${url}/page`)
  await ask(`${url}/private`)
  await ask(`${url}/page`, {}, { method: 'POST' })
  await until(() => lines.length === 4, 'four lines')

  assert.deepEqual(
    lines.map((line) => [line.target, line.cache, line['cache.detail']]),
    [
      ['/page', 'uri-miss', undefined],
      ['/page', 'hit', undefined],
      ['/private', 'uri-miss', 'private'],
      ['/page', 'method', undefined],
    ],
  )
  assert.equal(lines[1]?.upstream, undefined, 'no upstream was asked')
})
