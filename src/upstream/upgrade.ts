import http from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../contract/clock.ts'
import { ProxyError } from '../contract/errors.ts'
import { type DispatchHandler, type DispatchOptions, idleController } from '../contract/layer.ts'
import type { Upstream } from '../contract/pool.ts'
import { Call } from './call.ts'
import { connectTimeoutOf, dial } from './dial.ts'
import { Watch } from './watch.ts'

/** Bytes of the head of an answer. */
const maxHeaderSize = 16 * 1024
const alpn = ['http/1.1'] as const

/**
 * Sends one exchange that asks for an upgrade by node:http, on a connection of its own. An answer other than 101 passes as
 * it is.
 */
export function dispatchUpgrade(
  options: DispatchOptions,
  handler: DispatchHandler,
  settings: { readonly clock: Clock },
): boolean {
  const { clock } = settings
  const { upstream, exchange } = options
  if (upstream === undefined) throw new TypeError('dispatchUpgrade needs options.upstream')
  const began = clock.now()
  dial(upstream, { clock, timeout: connectTimeoutOf(options), alpn, exchange }, (error, socket) => {
    if (socket === null) {
      handler.onResponseError?.(idleController, error as ProxyError)
      return
    }
    if (exchange !== undefined) {
      exchange.facts.connect = clock.now() - began
      exchange.facts.upstreamProtocol = 'HTTP/1.1'
      exchange.facts.reused = false
    }
    new UpgradeCall(options, handler, upstream, clock, socket).send()
  })
  return true
}

class UpgradeCall extends Call {
  readonly #socket: Socket
  readonly #watch: Watch
  #response: http.IncomingMessage | undefined

  constructor(options: DispatchOptions, handler: DispatchHandler, upstream: Upstream, clock: Clock, socket: Socket) {
    const watch = new Watch(clock)
    super(options, handler, upstream, clock, watch)
    this.#watch = watch
    this.#socket = socket
  }

  send(): void {
    // Stays for the life of the socket: between two owners an error must not be unhandled.
    this.#socket.on('error', ignore)
    if (!this.begin()) return
    const { method, path } = this.options
    try {
      const request = http.request({
        method,
        path: this.upstream.basePath + path,
        headers: fieldsToSend(this.options),
        setDefaultHeaders: false,
        insecureHTTPParser: false,
        maxHeaderSize,
        createConnection: () => this.#socket,
      })
      request.on('information', (info) => this.head(info.statusCode, info.headers, info.rawHeaders, info.statusMessage))
      request.on('upgrade', (response, _, head) => this.#upgraded(response, head))
      request.on('response', (response) => this.#answer(response))
      request.on('error', (error) => this.fail(error))
      this.sendBody(request)
    } catch (error) {
      // Node refuses to write a bad field or path. Nothing has been sent.
      this.fail(new ProxyError('SP_BAD_FIELD', `${this.upstream.name}: ${(error as Error).message}`, error))
    }
  }

  #upgraded(response: http.IncomingMessage, head: Buffer): void {
    if (this.over) return
    const socket = this.#socket
    this.release()
    this.#watch.close()
    this.rawHeaders = response.rawHeaders
    // What came behind the 101 belongs to the new protocol.
    if (head.length > 0) socket.unshift(head)
    try {
      if (this.handler.onRequestUpgrade === undefined) throw new ProxyError('SP_UPGRADE_FAILED', 'Nobody takes the 101')
      this.handler.onRequestUpgrade(this, 101, response.headers, socket)
    } catch (error) {
      socket.destroy()
      this.handler.onResponseError?.(this, error as Error)
    }
  }

  #answer(response: http.IncomingMessage): void {
    this.#response = response
    response.on('error', (error) => this.fail(error))
    response.on('close', () => this.fail(new Error('closed before the end of the answer')))
    this.head(response.statusCode as number, response.headers, response.rawHeaders, response.statusMessage ?? '')
    if (this.over) return
    response.on('data', (chunk: Buffer) => this.data(chunk))
    response.on('end', () => this.end(response.trailers, response.rawTrailers))
    if (this.paused) response.pause()
  }

  protected override halt(): void {
    this.#watch.close()
    this.#socket.destroy()
  }

  protected override flow(on: boolean): void {
    if (on) this.#response?.resume()
    else this.#response?.pause()
  }
}

/** The fields as given; what frames the message and the connection is added where it is missing. */
function fieldsToSend({ headers, upgrade, body }: DispatchOptions): string[] {
  const fields = (headers ?? []) as readonly string[]
  let connection = false
  let framed = body == null
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    if (name === 'connection') connection = true
    else if (name === 'content-length' || name === 'transfer-encoding') framed = true
  }
  const sent = [...fields]
  if (!connection) sent.push('Connection', 'Upgrade', 'Upgrade', upgrade as string)
  if (!framed) sent.push('Transfer-Encoding', 'chunked')
  return sent
}

function ignore(): void {}
