import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../src/contract/clock.ts'

/** What can be asked to end: a spliced WebSocket, a tunnel. */
export interface Drainable {
  close(reason: 'drain'): void
}

/** The exchanges of a kernel that outlive their response, and the end of them all. */
export class Drain {
  readonly #open = new Set<Drainable>()
  readonly #clock: Clock
  readonly #timeout: number
  /** True from the moment that the app began to close. */
  closing = false
  /** Exchanges that are not settled. */
  #exchanges = 0

  constructor(clock: Clock, timeout: number) {
    this.#clock = clock
    this.#timeout = timeout
  }

  add(one: Drainable): void {
    this.#open.add(one)
  }

  delete(one: Drainable): void {
    this.#open.delete(one)
  }

  get size(): number {
    return this.#open.size
  }

  /** An exchange has begun. */
  opened(): void {
    this.#exchanges++
  }

  /**
   * An exchange is over. While the app closes its connection may be idle from now on, and nobody would look at it again: a
   * head that went out before the close began could not say `Connection: close`.
   */
  settled(app: FastifyInstance): void {
    this.#exchanges--
    if (!this.closing) return
    const server = app.server as { closeIdleConnections?: () => void }
    setImmediate(() => server.closeIdleConnections?.())
  }

  /**
   * On close: HTTP/2 sessions get GOAWAY and finish their streams, idle connections close (Fastify does that), spliced
   * connections may end by themselves until the deadline, then everything is ended.
   */
  install(app: FastifyInstance): void {
    const sessions = new Set<ServerHttp2Session>()
    const sockets = new Set<Socket>()
    app.server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      // Accepted from the backlog after the close began: whoever has asked nothing is not waited for.
      if (this.closing) setImmediate(endUnused, [socket])
    })
    app.server.on('session' as 'connection', (incoming: unknown) => {
      const session = incoming as ServerHttp2Session
      sessions.add(session)
      session.once('close', () => sessions.delete(session))
    })
    this.#holdClose(app.server)
    app.addHook('preClose', (done) => {
      this.closing = true
      // One turn later, so that a request which is here already is read first.
      setImmediate(endUnused, sockets)
      for (const session of sessions) session.close()
      const deadline = this.#clock.setTimer(() => {
        for (const one of [...this.#open]) one.close('drain')
        // The sockets themselves: a session that is destroyed still waits for a client that does not read.
        for (const socket of sockets) socket.destroy()
      }, this.#timeout)
      app.server.once('close', () => this.#clock.clearTimer(deadline))
      done()
    })
  }

  /**
   * Node tells the end of a server before the ends of its last connections, and Fastify goes on to close what settle
   * listeners write to. So the server's end waits for the last of them to be settled: a few turns of the event loop.
   */
  #holdClose(server: Closable): void {
    const { close } = server
    server.close = (callback) =>
      close.call(server, (error) => {
        const look = (turns: number): void => {
          if (this.#exchanges > 0 && turns > 0) setImmediate(look, turns - 1)
          else callback?.(error)
        }
        look(mostTurns)
      })
  }
}

const mostTurns = 100

function endUnused(sockets: Iterable<Socket>): void {
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
}

interface Closable {
  close(callback?: (error?: Error) => void): unknown
}
