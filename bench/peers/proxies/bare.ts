import http from 'node:http'
import http2 from 'node:http2'
import type { Readable, Writable } from 'node:stream'
import { type Dispatcher, Pool } from 'undici'
import { readEntry, ready } from '../entry.ts'

// The yardstick: the least code that still moves bytes from undici to node:http. It keeps backpressure, since without it
// 1 MB answers would pile up in memory, and does nothing else a proxy must do: hop-by-hop fields pass, nothing is added,
// nothing is logged, nothing is timed, no failure is explained.

const entry = readEntry()
const pool = new Pool(entry.origin, { pipelining: 1, allowH2: false })

type Head = (status: number, fields: http.IncomingHttpHeaders) => void

class Relay implements Dispatcher.DispatchHandler {
  readonly #sink: Writable
  readonly #head: Head

  constructor(sink: Writable, head: Head) {
    this.#sink = sink
    this.#head = head
  }

  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number, fields: http.IncomingHttpHeaders): void {
    this.#head(status, fields)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#sink.write(chunk)) return
    controller.pause()
    const resume = () => {
      this.#sink.off('drain', resume)
      this.#sink.off('close', resume)
      controller.resume()
    }
    this.#sink.on('drain', resume)
    this.#sink.on('close', resume)
  }

  onResponseEnd(): void {
    this.#sink.end()
  }

  onResponseError(): void {
    this.#sink.destroy()
  }
}

function send(
  method: string,
  path: string,
  headers: string[] | http.IncomingHttpHeaders,
  body: Readable | null,
  relay: Relay,
): void {
  pool.dispatch({ method: method as Dispatcher.HttpMethod, path, headers, body }, relay)
}

const server = entry.http2
  ? http2.createServer().on('stream', (stream: http2.ServerHttp2Stream, fields: http2.IncomingHttpHeaders) => {
      const { ':method': method, ':path': path, ':authority': host, ':scheme': _, ...rest } = fields
      const head: Head = (status, answer) => stream.respond({ ...answer, ':status': status })
      send(method!, path!, { ...rest, host: host! }, method === 'GET' ? null : stream, new Relay(stream, head))
    })
  : http.createServer((req, res) => {
      const head: Head = (status, answer) => res.writeHead(status, answer)
      send(req.method!, req.url!, req.rawHeaders, req.method === 'GET' ? null : req, new Relay(res, head))
    })

server.listen(0, '127.0.0.1', () => ready(server))
