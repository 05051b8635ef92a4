// A guard says no before anything is sent. A layer stands around the call to the upstream.
import Fastify from 'fastify'
import kernel, { serverOptions } from '../plugins/kernel/index.ts'
import reverseProxy from '../plugins/reverse-proxy/index.ts'
import { WrappedHandler } from '../src/contract/handler.ts'

const app = Fastify(serverOptions())
await app.register(kernel)

// The canonical path, so that `/%69nternal` is the same place. A refusal is a value: the client gets status and text.
app.proxy.guard('filter', function noInternals({ target }) {
  if (target.canonicalPath !== '/internal' && !target.canonicalPath.startsWith('/internal/')) return undefined
  return { code: 'APP_INTERNAL', status: 403, text: 'This part is not public.' }
})

const timings = { answers: 0, slowest: 0 }

/** Takes the time from the call to the head of the answer. */
class TimedHandler extends WrappedHandler {
  readonly #begun = performance.now()

  override onResponseStart(...head: Parameters<WrappedHandler['onResponseStart']>): void {
    timings.answers++
    timings.slowest = Math.max(timings.slowest, performance.now() - this.#begun)
    super.onResponseStart(...head)
  }
}

app.proxy.layer('observe', (dispatch) => (options, handler) => dispatch(options, new TimedHandler(handler)))

await app.register(reverseProxy, { upstream: process.env.ORIGIN ?? 'http://127.0.0.1:3000' })
app.get('/timings', async () => timings)
console.log(await app.listen({ port: Number(process.env.PORT ?? 8080) }))
