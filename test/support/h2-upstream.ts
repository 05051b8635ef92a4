import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Clock, systemClock } from '../../src/contract/clock.ts'
import type { DispatchOptions } from '../../src/contract/layer.ts'
import type { UpstreamSettings } from '../../src/contract/pool.ts'
import { createHttp2Upstream, type Http2Upstream } from '../../src/upstream/http2.ts'
import { createUpstream } from '../../src/upstream/origin.ts'
import { type H2Origin, h2Origin, type ServeStream } from './h2-origin.ts'
import { Recorder } from './recorder.ts'

/** An HTTP/2 origin and our side of it, both gone after the test. */
export async function start(
  t: TestContext,
  serve: ServeStream,
  options: Parameters<typeof h2Origin>[1] = {},
): Promise<{ origin: H2Origin; upstream: Http2Upstream }> {
  const origin = await h2Origin(serve, options)
  const upstream = connect(origin.url)
  t.after(() => {
    upstream.destroy()
    origin.close()
  })
  return { origin, upstream }
}

export function connect(url: string, settings: UpstreamSettings = {}, clock: Clock = systemClock): Http2Upstream {
  return createHttp2Upstream(createUpstream('test', url, { http2: true, ...settings }), { clock })
}

export function send(upstream: Http2Upstream, options: Partial<DispatchOptions> = {}): Recorder {
  const handler = new Recorder()
  upstream.dispatch({ method: 'GET', path: '/', headers: ['Host', 'a.test'], body: null, ...options }, handler)
  return handler
}

/** Waits for a condition, two seconds at most. */
export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await wait(10)
  assert.ok(condition(), `never came true: ${condition}`)
}

/** Answers 200 `ok`. */
export const ok: ServeStream = (stream) => {
  stream.respond({ ':status': 200 })
  stream.end('ok')
}
