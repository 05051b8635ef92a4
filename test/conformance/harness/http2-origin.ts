import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Context } from './context.ts'

export interface Http2Origin {
  readonly url: string
  /** Sessions that are open now. */
  readonly sessions: ReadonlySet<ServerHttp2Session>
}

/** A cleartext HTTP/2 origin of node:http2, closed with the case. */
export async function http2Origin(
  ctx: Context,
  onStream: (stream: ServerHttp2Stream, path: string) => void,
): Promise<Http2Origin> {
  const server = createServer()
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => {})
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    onStream(stream as ServerHttp2Stream, String(headers[':path']))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ctx.defer(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sessions }
}
