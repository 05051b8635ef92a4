import { once } from 'node:events'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'

export interface H2Origin {
  readonly url: string
  /** Server sessions that are open. */
  readonly sessions: ReadonlySet<http2.ServerHttp2Session>
  /** Streams that are open. */
  readonly streams: ReadonlySet<http2.ServerHttp2Stream>
  close(): void
}

export type ServeStream = (
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  raw: readonly string[],
) => void

/** An HTTP/2 origin: cleartext with prior knowledge, or TLS when `tls` holds a certificate. */
export async function h2Origin(
  serve: ServeStream,
  options: { readonly settings?: http2.Settings; readonly tls?: { cert: string; key: string } } = {},
): Promise<H2Origin> {
  const settings = options.settings ?? {}
  const server = (
    options.tls === undefined
      ? http2.createServer({ settings })
      : http2.createSecureServer({ settings, ...options.tls, allowHTTP1: false })
  ) as http2.Http2Server
  const sessions = new Set<http2.ServerHttp2Session>()
  const streams = new Set<http2.ServerHttp2Stream>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => {})
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (opened, headers, _, raw) => {
    // The types call it an Http2Stream; on a server it is always this.
    const stream = opened as http2.ServerHttp2Stream
    streams.add(stream)
    stream.on('error', () => {})
    stream.on('close', () => streams.delete(stream))
    serve(stream, headers, raw)
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: options.tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    sessions,
    streams,
    close() {
      server.close()
      for (const session of sessions) session.destroy()
    },
  }
}
