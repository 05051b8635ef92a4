import { once } from 'node:events'
import net from 'node:net'
import type { TestContext } from 'node:test'
import { systemClock } from '../../src/contract/clock.ts'
import type { DispatchOptions } from '../../src/contract/layer.ts'
import { createUpstream } from '../../src/upstream/origin.ts'
import { dispatchUpgrade } from '../../src/upstream/upgrade.ts'
import { Recorder } from './recorder.ts'

/** An origin that does as it is told with each raw socket. */
export async function rawOrigin(t: TestContext, serve: (socket: net.Socket, head: string) => void): Promise<string> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    let head = ''
    socket.on('data', function onData(chunk) {
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', onData)
      serve(socket, head)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`
}

export const wsFields = ['Host', 'front.test', 'Connection', 'Upgrade', 'Upgrade', 'websocket']

export function send(url: string, options: Partial<DispatchOptions> = {}): Recorder {
  const handler = new Recorder()
  const upstream = createUpstream('test', url)
  dispatchUpgrade(
    { method: 'GET', path: '/', headers: wsFields, body: null, upgrade: 'websocket', upstream, ...options },
    handler,
    { clock: systemClock },
  )
  return handler
}
