import type { TestContext } from 'node:test'
import { type Clock, systemClock } from '../../src/contract/clock.ts'
import type { DispatchOptions } from '../../src/contract/layer.ts'
import { createHttp1Upstream } from '../../src/upstream/http1.ts'
import { createUpstream } from '../../src/upstream/origin.ts'
import type { UpstreamTransport } from '../../src/upstream/transport.ts'
import { Recorder } from './recorder.ts'

/** Connections to one URL; destroyed with the test. */
export function transportTo(t: TestContext, url: string, clock: Clock = systemClock): UpstreamTransport {
  const transport = createHttp1Upstream(createUpstream('upstream', url), { clock })
  t.after(() => transport.destroy(new Error('end of the test')))
  return transport
}

/** Sends a GET, or what the options say. */
export function begin<R extends Recorder>(
  transport: UpstreamTransport,
  options: Partial<DispatchOptions> = {},
  recorder: R = new Recorder() as R,
): R {
  transport.dispatch({ path: '/', method: 'GET', headers: ['Host', 'a.test'], ...options } as DispatchOptions, recorder)
  return recorder
}

/** The same, until it is over. */
export function ask(transport: UpstreamTransport, options: Partial<DispatchOptions> = {}): Promise<Recorder> {
  return begin(transport, options).over
}

/** An answer with a length. */
export const ok = (body = 'ok', fields = ''): string =>
  `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`
