import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Frame, flag, frame, frameType, headerBlock, preface, settings, statusOf, uint32 } from './http2-frames.ts'
import { until, within } from './patience.ts'

type Fields = readonly (readonly [name: string, value: string])[]

/** What became of one stream. */
export interface StreamEnd {
  /** 0 when no final answer came. */
  readonly status: number
  readonly interim: readonly number[]
  readonly body: string
  /** The stream ended in order. */
  readonly complete: boolean
  /** RST_STREAM's error code, or undefined. */
  readonly resetCode: number | undefined
}

/** Pseudo-fields of a GET. */
export function getFields(path: string, ...more: Fields): Fields {
  return [[':method', 'GET'], [':scheme', 'http'], [':path', path], [':authority', 'a.test'], ...more]
}

/** Pseudo-fields of a POST. */
export function postFields(path: string, ...more: Fields): Fields {
  return [[':method', 'POST'], [':scheme', 'http'], [':path', path], [':authority', 'a.test'], ...more]
}

/** An HTTP/2 client that sends the frames it is told, right or wrong, and remembers those that come. */
export class RawHttp2 {
  readonly socket: Socket
  readonly frames: Frame[] = []
  ended = false
  /** Gives credit for DATA as it comes, on the connection and the stream. */
  autoWindow = true
  #rest: Buffer = Buffer.alloc(0)

  /** Connects and sends the preface and SETTINGS: no dynamic table for the server, and `pairs`. */
  static async connect(
    port: number,
    options: { tls?: boolean; settings?: readonly (readonly [number, number])[] } = {},
  ): Promise<RawHttp2> {
    const socket = options.tls
      ? connectTls({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false })
      : connectTcp(port, '127.0.0.1')
    const ready = new Promise<void>((resolve, reject) => {
      socket.once(options.tls ? 'secureConnect' : 'connect', resolve)
      socket.once('error', reject)
    })
    const client = new RawHttp2(socket)
    await within(ready, 'a connection to the proxy')
    client.send(preface, frame(frameType.settings, 0, 0, settings([[1, 0], ...(options.settings ?? [])])))
    return client
  }

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('error', () => {
      this.ended = true
    })
    socket.on('close', () => {
      this.ended = true
    })
  }

  send(...frames: readonly Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(frames))
  }

  /** HEADERS in one frame. */
  headers(stream: number, fields: Fields, endStream = true): void {
    this.send(headersFrame(stream, fields, endStream))
  }

  data(stream: number, bytes: Buffer | string, endStream = true): void {
    this.send(frame(frameType.data, endStream ? flag.endStream : 0, stream, bytes))
  }

  reset(stream: number, code = 8): void {
    this.send(frame(frameType.reset, 0, stream, uint32(code)))
  }

  /** Waits until the stream is over: in order, by RST_STREAM, or with the session. GOAWAY without an error ends no stream. */
  async stream(stream: number, limit = 3000): Promise<StreamEnd> {
    const over = () => this.ended || (this.goawayCode() ?? 0) !== 0 || isOver(this.#look(stream))
    await until(over, `the end of stream ${stream}`, limit)
    return this.#look(stream)
  }

  /** What is known of a stream now. */
  #look(stream: number): StreamEnd {
    const own = this.frames.filter((each) => each.stream === stream)
    const statuses = own.filter(({ type }) => type === frameType.headers).map(({ payload }) => statusOf(payload))
    const reset = own.find(({ type }) => type === frameType.reset)
    return {
      status: statuses.find((status) => status >= 200) ?? 0,
      interim: statuses.filter((status) => status >= 100 && status < 200),
      body: Buffer.concat(own.filter(({ type }) => type === frameType.data).map(({ payload }) => payload)).toString(
        'latin1',
      ),
      complete: own.some(({ type, flags }) => type <= frameType.headers && (flags & flag.endStream) !== 0),
      resetCode: reset?.payload.readUInt32BE(0),
    }
  }

  /** Error code of the last GOAWAY, or undefined. */
  goawayCode(): number | undefined {
    return this.frames.findLast(({ type }) => type === frameType.goaway)?.payload.readUInt32BE(4)
  }

  /** Waits for GOAWAY or the end of the connection. */
  async sessionEnd(limit = 3000): Promise<void> {
    await until(() => this.ended || this.goawayCode() !== undefined, 'GOAWAY or the end of the connection', limit)
  }

  /** Waits for the answer to a PING: all that was sent before has been read. */
  async settled(limit = 2000): Promise<void> {
    const before = this.#pings()
    this.send(frame(frameType.ping, 0, 0, 'inorder!'))
    await until(
      () => this.ended || this.goawayCode() !== undefined || this.#pings() > before,
      'an answer to PING',
      limit,
    )
  }

  leave(): void {
    this.socket.destroy()
  }

  #pings(): number {
    return this.frames.filter(({ type, flags }) => type === frameType.ping && (flags & flag.ack) !== 0).length
  }

  #read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes])
    while (this.#rest.length >= 9) {
      const length = this.#rest.readUIntBE(0, 3)
      if (this.#rest.length < 9 + length) return
      this.#take({
        type: this.#rest[3] ?? 0,
        flags: this.#rest[4] ?? 0,
        stream: this.#rest.readUInt32BE(5) & 0x7fffffff,
        payload: this.#rest.subarray(9, 9 + length),
      })
      this.#rest = this.#rest.subarray(9 + length)
    }
  }

  #take(received: Frame): void {
    this.frames.push(received)
    const isAck = (received.flags & flag.ack) !== 0
    if (received.type === frameType.settings && !isAck) this.send(frame(frameType.settings, flag.ack, 0))
    if (received.type === frameType.ping && !isAck) this.send(frame(frameType.ping, flag.ack, 0, received.payload))
    if (received.type === frameType.data && this.autoWindow && received.payload.length > 0) {
      const credit = uint32(received.payload.length)
      this.send(frame(frameType.windowUpdate, 0, 0, credit), frame(frameType.windowUpdate, 0, received.stream, credit))
    }
  }
}

/** HEADERS with END_HEADERS. */
export function headersFrame(stream: number, fields: Fields, endStream = true): Buffer {
  return frame(frameType.headers, flag.endHeaders | (endStream ? flag.endStream : 0), stream, headerBlock(fields))
}

function isOver(stream: StreamEnd): boolean {
  return stream.complete || stream.resetCode !== undefined
}
