import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { certificate, privateKey } from './certificate.ts'
import { keptBytes, type Message } from './message.ts'
import { MessageParser } from './message-parser.ts'
import { until } from './patience.ts'
import type { Bytes } from './raw-client.ts'

/** Bytes are sent when a request is complete; a function is called when its head is there. */
export type Answer = Bytes | ((request: OriginRequest) => unknown)

/** A request that reached the origin. */
export class OriginRequest {
  readonly message: Message
  readonly connection: OriginConnection

  constructor(message: Message, connection: OriginConnection) {
    this.message = message
    this.connection = connection
  }

  /** Writes bytes of an answer. */
  reply(bytes: Bytes): void {
    this.connection.write(bytes)
  }

  /** Waits for the end of the request. */
  async ended(limit?: number): Promise<Message> {
    await until(() => this.message.complete, 'the end of the request at the origin', limit)
    return this.message
  }
}

/** One connection that the origin accepted. */
export class OriginConnection {
  readonly socket: Socket
  readonly #chunks: Buffer[] = []
  #length = 0
  readonly requests: OriginRequest[] = []
  /** The proxy has sent FIN or RST, or the connection is gone. */
  ended = false
  #parser: MessageParser

  constructor(
    socket: Socket,
    onRequest: (request: OriginRequest) => void,
    onComplete: (request: OriginRequest) => void,
  ) {
    this.socket = socket
    this.#parser = new MessageParser(
      'request',
      (message) => {
        const request = new OriginRequest(message, this)
        this.requests.push(request)
        onRequest(request)
      },
      () => onComplete(this.requests.at(-1) as OriginRequest),
    )
    socket.on('data', (bytes: Buffer) => {
      if (this.#length < keptBytes) this.#chunks.push(bytes)
      this.#length += bytes.length
      this.#parser.push(bytes)
    })
    socket.on('end', () => {
      this.ended = true
    })
    socket.on('error', () => {
      this.ended = true
    })
    socket.on('close', () => {
      this.ended = true
    })
  }

  /** What came on the connection; of much, its first megabytes. */
  get received(): string {
    return Buffer.concat(this.#chunks).toString('latin1')
  }

  /** What came after `detach`. */
  get tunnel(): Buffer {
    return this.#parser.rest
  }

  write(bytes: Bytes): boolean {
    return this.socket.writable && this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** What follows is not HTTP. Call it in the answer function. */
  detach(): void {
    this.#parser.detach()
  }

  /** Sends FIN after what was written. */
  end(bytes?: Bytes): void {
    if (bytes !== undefined) this.write(bytes)
    this.socket.end()
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }
}

/** An origin server that speaks in bytes and remembers all that it saw. */
export class Origin {
  answer: Answer = ok('ok')
  onConnection: ((connection: OriginConnection) => void) | undefined
  readonly connections: OriginConnection[] = []
  readonly requests: OriginRequest[] = []
  readonly #server: Server
  readonly #scheme: 'http' | 'https'
  #host = ''

  static async start(options: { tls?: boolean; host?: string } = {}): Promise<Origin> {
    const origin = new Origin(options.tls === true)
    await origin.#listen(options.host ?? '127.0.0.1')
    return origin
  }

  private constructor(tls: boolean) {
    const onSocket = (socket: Socket) => this.#accept(socket)
    this.#scheme = tls ? 'https' : 'http'
    this.#server = tls
      ? createTlsServer({ cert: certificate, key: privateKey }, onSocket)
      : createTcpServer({ allowHalfOpen: true, noDelay: true }, onSocket)
    this.#server.on('tlsClientError', () => {})
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** `127.0.0.1:port` */
  get authority(): string {
    return `${this.#host}:${this.port}`
  }

  get url(): string {
    return `${this.#scheme}://${this.authority}`
  }

  /** All bytes that came, over every connection, as latin1. */
  get received(): string {
    return this.connections.map((connection) => connection.received).join('\n')
  }

  /** Waits for the head of the nth request, from 1. */
  async request(nth = 1, limit?: number): Promise<OriginRequest> {
    await until(() => this.requests.length >= nth, `request ${nth} at the origin`, limit)
    return this.requests[nth - 1] as OriginRequest
  }

  close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy()
    if (!this.#server.listening) return Promise.resolve()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #listen(host: string): Promise<void> {
    this.#host = host.includes(':') ? `[${host}]` : host
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, host, resolve)
    })
  }

  #accept(socket: Socket): void {
    const connection = new OriginConnection(
      socket,
      (request) => {
        this.requests.push(request)
        if (typeof this.answer === 'function') void this.#run(this.answer, request)
      },
      (request) => {
        if (typeof this.answer !== 'function') request.reply(this.answer)
      },
    )
    // A half-open socket would stay when the proxy leaves: the FIN is answered, unless a tunnel wants it open.
    socket.on('end', () => {
      if (connection.tunnel.length === 0 && !this.keepHalfOpen) socket.end()
    })
    this.connections.push(connection)
    this.onConnection?.(connection)
  }

  /** Leave a connection half open when the proxy has sent FIN. */
  keepHalfOpen = false

  async #run(answer: (request: OriginRequest) => unknown, request: OriginRequest): Promise<void> {
    try {
      await answer(request)
    } catch {
      request.connection.socket.destroy()
    }
  }
}

/** A plain answer with a length. */
export function ok(body: string, ...fields: string[]): string {
  return `HTTP/1.1 200 OK\r\n${lines(fields)}Content-Length: ${body.length}\r\n\r\n${body}`
}

/** `GET` with a Host, and the given field lines. */
export function get(target: string, ...fields: string[]): string {
  return `GET ${target} HTTP/1.1\r\nHost: a.test\r\n${lines(fields)}\r\n`
}

/** `POST` with a length, and the given field lines. */
export function post(target: string, body: string, ...fields: string[]): string {
  return `POST ${target} HTTP/1.1\r\nHost: a.test\r\n${lines(fields)}Content-Length: ${body.length}\r\n\r\n${body}`
}

function lines(fields: readonly string[]): string {
  return fields.map((field) => `${field}\r\n`).join('')
}
