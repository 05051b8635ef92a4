import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { FastifyInstance } from 'fastify'
import type { KernelSettings } from './options.ts'

/** Milliseconds: a reset that comes sooner after the stream's start counts. */
const early = 1000

/**
 * Bounds what one HTTP/2 client can make us do: streams at a time, and streams reset early (rapid reset, CVE-2023-44487;
 * Varnish VSV00013). A session over its budget gets GOAWAY and is ended.
 */
export function guardHttp2(app: FastifyInstance, settings: KernelSettings): void {
  const { clock } = settings
  const { maxConcurrentStreams, resetBudget, resetWindow } = settings.http2

  app.server.on('session' as 'connection', (incoming: unknown) => {
    const session = incoming as ServerHttp2Session
    let resets = 0
    let windowStart = clock.now()
    session.on('error', ignore)
    session.settings({ maxConcurrentStreams, enableConnectProtocol: false })
    session.on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', ignore)
      const openedAt = clock.now()
      stream.once('close', () => {
        // What we broke off ourselves has INTERNAL_ERROR. A client that waited a while before it left is no attacker.
        const { rstCode } = stream
        if (rstCode === constants.NGHTTP2_NO_ERROR || rstCode === constants.NGHTTP2_INTERNAL_ERROR) return
        const now = clock.now()
        if (now - openedAt > early) return
        if (now - windowStart > resetWindow) {
          windowStart = now
          resets = 0
        }
        resets++
        if (resets > resetBudget && !session.destroyed) {
          session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM)
          session.destroy()
        }
      })
    })
  })
}

function ignore(): void {}
