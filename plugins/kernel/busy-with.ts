import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The answer that an HTTP/1 connection is busy with: that to the oldest request on it. Node's own handlers look at it too. */
export function busyWith(socket: Socket): ServerResponse | undefined {
  return (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined
}
