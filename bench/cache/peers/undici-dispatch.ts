import http from 'node:http'
import { Agent, cacheStores, type Dispatcher, interceptors } from 'undici'
import { readEntry, ready } from '../../peers/entry.ts'

// The least that still moves bytes from undici's cache to node:http, for those who write handlers: no promise, no stream.
const { origin } = readEntry()
const agent = new Agent().compose(interceptors.cache({ store: new cacheStores.MemoryCacheStore(), type: 'shared' }))

class Relay implements Dispatcher.DispatchHandler {
  readonly #res: http.ServerResponse

  constructor(res: http.ServerResponse) {
    this.#res = res
  }

  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number, fields: http.IncomingHttpHeaders): void {
    this.#res.writeHead(status, fields)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#res.write(chunk)) return
    controller.pause()
    const resume = () => {
      this.#res.off('drain', resume)
      this.#res.off('close', resume)
      controller.resume()
    }
    this.#res.on('drain', resume)
    this.#res.on('close', resume)
  }

  onResponseEnd(): void {
    this.#res.end()
  }

  onResponseError(): void {
    if (this.#res.headersSent) this.#res.destroy()
    else this.#res.writeHead(502).end()
  }
}

const server = http.createServer((req, res) => {
  const { connection: _, ...headers } = req.headers
  const method = req.method as Dispatcher.HttpMethod
  const body = method === 'GET' || method === 'HEAD' ? null : req
  agent.dispatch({ origin, path: req.url!, method, headers, body }, new Relay(res))
})
server.listen(0, '127.0.0.1', () => ready(server))
