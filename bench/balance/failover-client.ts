import { connect, type Socket } from 'node:net'

/** Called once: with the status, or what went wrong. */
export type Answered = (outcome: number | string, retryAfter: string | undefined) => void

/**
 * One HTTP/1.1 connection to the proxy, one request at a time. Knows as much of HTTP as the proxy says here, and nothing
 * more: beside a whole client, the proxy would get what is left of the machine.
 */
export class Connection {
  readonly #socket: Socket
  readonly #idle: (connection: Connection) => void
  #answered: Answered | undefined
  #isHead = false
  #status = 0
  #retryAfter: string | undefined
  /** Bytes of content still to come; -1 while the head is. */
  #left = -1
  #head = ''

  /** @param idle called whenever it can take another request */
  constructor(port: number, idle: (connection: Connection) => void) {
    this.#idle = idle
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk))
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message))
    this.#socket.on('close', () => this.#end('closed'))
  }

  get closed(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded
  }

  send(method: string, path: string, content: string, answered: Answered): void {
    this.#answered = answered
    this.#isHead = method === 'HEAD'
    this.#left = -1
    this.#head = ''
    const length = method === 'POST' ? `content-length: ${content.length}\r\n` : ''
    this.#socket.write(`${method} ${path} HTTP/1.1\r\nhost: bench.test\r\n${length}\r\n${content}`)
  }

  /** Leaves, whatever is in flight. */
  close(why: string): void {
    this.#end(why)
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    if (this.#left === -1) {
      this.#head += chunk.toString('latin1')
      const end = this.#head.indexOf('\r\n\r\n')
      if (end === -1) return
      this.#left = this.#readHead(this.#head.slice(0, end)) - (this.#head.length - end - 4)
    } else {
      this.#left -= chunk.length
    }
    if (this.#left > 0) return
    if (this.#left < 0) this.close('more than was announced')
    else if (this.#end(this.#status)) this.#idle(this)
  }

  /** @returns bytes of content */
  #readHead(head: string): number {
    this.#status = Number(head.slice(9, 12))
    this.#retryAfter = /^retry-after: *(.*)$/im.exec(head)?.[1]
    if (this.#isHead || this.#status === 204) return 0
    return Number(/^content-length: *(\d+)$/im.exec(head)?.[1] ?? 0)
  }

  #end(outcome: number | string): boolean {
    const answered = this.#answered
    this.#answered = undefined
    answered?.(outcome, this.#retryAfter)
    return answered !== undefined
  }
}

/** Connections that are kept, the one used last first. */
export class Connections {
  readonly #port: number
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()

  constructor(port: number) {
    this.#port = port
  }

  take(): Connection {
    let one = this.#idle.pop()
    while (one?.closed) {
      this.#all.delete(one)
      one = this.#idle.pop()
    }
    if (one !== undefined) return one
    const fresh = new Connection(this.#port, (connection) => this.#idle.push(connection))
    this.#all.add(fresh)
    return fresh
  }

  /** The client does not wait any longer. */
  leave(connection: Connection, why: string): void {
    this.#all.delete(connection)
    connection.close(why)
  }

  close(): void {
    for (const one of this.#all) one.close('closed')
    this.#all.clear()
  }
}
