import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Message } from './message.ts'
import { MessageParser } from './message-parser.ts'
import { fail, until, within } from './patience.ts'

export type Bytes = string | Buffer

/** An HTTP/1 client that sends what it is told, byte for byte, and tells a clean end from a reset. */
export class RawClient {
  readonly socket: Socket
  /** How the server ended the connection, as far as is known. */
  ending: 'open' | 'clean' | 'reset' = 'open'
  received = 0
  /** Final answers whose head has come, in order. The last may be incomplete. */
  readonly answers: Message[] = []
  readonly #parser: MessageParser
  #read = 0

  /** Connects to 127.0.0.1. With `alpn`, over TLS. */
  static async connect(port: number, alpn?: string): Promise<RawClient> {
    const socket =
      alpn === undefined
        ? connectTcp(port, '127.0.0.1')
        : connectTls({ port, host: '127.0.0.1', ALPNProtocols: [alpn], rejectUnauthorized: false })
    const ready = new Promise<void>((resolve, reject) => {
      socket.once(alpn === undefined ? 'connect' : 'secureConnect', resolve)
      socket.once('error', reject)
    })
    const client = new RawClient(socket)
    await within(ready, 'a connection to the proxy')
    return client
  }

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    this.#parser = new MessageParser(
      'response',
      (message) => this.answers.push(message),
      () => {},
    )
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.length
      this.#parser.push(bytes)
    })
    socket.on('end', () => {
      if (this.ending === 'open') this.ending = 'clean'
      this.#parser.end()
    })
    socket.on('error', () => {
      this.ending = 'reset'
    })
    socket.on('close', () => {
      if (this.ending === 'open') this.ending = 'clean'
    })
  }

  /** Writes; a string is latin1. */
  send(bytes: Bytes): void {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    for (const [, method] of buffer.toString('latin1').matchAll(/(?:^|\r\n\r\n)([A-Z]+) \S+ HTTP\/1/g)) {
      this.#parser.methods.push(method ?? '')
    }
    if (!this.socket.destroyed) this.socket.write(buffer)
  }

  /** Sends and reads one answer. */
  async ask(bytes: Bytes, limit?: number): Promise<Message> {
    this.send(bytes)
    return this.response(limit)
  }

  /** The next final answer, when it is complete or cut off for good. Fails when none comes. */
  async response(limit = 3000): Promise<Message> {
    const answer = await this.responseOrClose(limit)
    return answer ?? fail(`the connection ended (${this.ending}) without an answer`)
  }

  /** As `response`; undefined when the connection ends without an answer. */
  async responseOrClose(limit = 3000): Promise<Message | undefined> {
    const place = this.#read++
    const done = () => this.answers[place]?.complete === true || this.ending !== 'open'
    await until(done, `a complete answer or an end of the connection${this.#soFar(place)}`, limit)
    return this.answers[place]
  }

  /** The head of the next final answer, complete or not. Does not count as read. */
  async head(limit = 3000): Promise<Message> {
    await until(() => this.answers[this.#read] !== undefined || this.ending !== 'open', 'the head of an answer', limit)
    return this.answers[this.#read] ?? fail(`the connection ended (${this.ending}) without an answer`)
  }

  /** Interim answers that have come for the exchange in progress. */
  get interim(): readonly Message[] {
    return this.answers[this.#read]?.interim ?? this.#parser.pendingInterim
  }

  /** What came after a 101. */
  get tunnel(): Buffer {
    return this.#parser.rest
  }

  /** Waits for the server to end the connection. */
  async closed(limit = 2000): Promise<'clean' | 'reset'> {
    await until(() => this.ending !== 'open', 'the end of the connection', limit)
    return this.ending === 'reset' ? 'reset' : 'clean'
  }

  /** Leaves with a FIN in both directions. */
  leave(): void {
    this.socket.destroy()
  }

  /** Leaves with a RST. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  #soFar(place: number): string {
    const answer = this.answers[place]
    return answer === undefined ? '' : ` (so far: ${answer.startLine}, ${answer.length} bytes)`
  }
}
