import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { busyWith } from './busy-with.ts'
import type { RouteTable } from './route-table.ts'

/** The connection of a request that asked to be upgraded, and the bytes that came behind its head. */
export interface Upgrade {
  readonly socket: Socket
  readonly head: Buffer
}

const upgrades = new WeakMap<IncomingMessage, () => Upgrade>()
/** Bytes that a client may send behind its request before the 101. What is more waits in its own kernel. */
const maxAhead = 64 * 1024
const owned = Symbol('sallyport.upgrades')

type UpgradeListener = (request: IncomingMessage, socket: Socket, head: Buffer) => void
type OwnedServer = Server & { [owned]?: true; shouldUpgradeCallback?: (request: IncomingMessage) => boolean }

export function isUpgrade(request: IncomingMessage): boolean {
  return upgrades.has(request)
}

/** Takes the connection. Once: the second to ask gets nothing. */
export function takeUpgrade(request: IncomingMessage): Upgrade | undefined {
  const take = upgrades.get(request)
  upgrades.delete(request)
  return take?.()
}

/**
 * Holds the connection until the upstream has said 101, and reads on meanwhile: a client that leaves is noticed by that
 * alone. What it sends ahead is kept for the splice.
 */
function holdUpgrade(socket: Socket, head: Buffer): () => Upgrade {
  const ahead = [head]
  let size = head.length
  const onData = (chunk: Buffer): void => {
    ahead.push(chunk)
    size += chunk.length
    if (size > maxAhead) socket.pause()
  }
  const onEnd = (): void => {
    socket.destroy()
  }
  socket.on('data', onData)
  socket.once('end', onEnd)
  return () => {
    socket.pause()
    socket.off('data', onData)
    socket.off('end', onEnd)
    return { socket, head: Buffer.concat(ahead) }
  }
}

/**
 * One dispatcher for the upgrades of a server. An upgrade that a proxied route matches goes through Fastify's routing, so
 * that every hook and guard sees it as it sees a GET; any other goes to those who listened before, such as
 * @fastify/websocket. h2c is no upgrade any more (RFC 9113 3.1), and one with content cannot be spliced: both are served
 * as plain requests.
 */
export function ownUpgrades(app: FastifyInstance, routes: RouteTable): void {
  const server = app.server as OwnedServer
  if (server[owned] === true) return
  if (typeof server.shouldUpgradeCallback !== 'function') {
    if (app.initialConfig.http2 !== true)
      app.log.warn('sallyport: WebSocket and other upgrades need Node 24.9 or later')
    return
  }
  server[owned] = true
  const others = server.listeners('upgrade') as UpgradeListener[]
  const lastOnes = new WeakSet<IncomingMessage>()
  server.removeAllListeners('upgrade')

  server.shouldUpgradeCallback = (request) => {
    const taken = routes.find(request)?.proxied === true ? isOurs(routes, request) : others.length > 0
    // Node has stopped reading behind the head of a request that asks for an upgrade, and drops what else came with it.
    // So a declined one is the last on its connection. One that came pipelined behind a request which is still being
    // answered cannot have the connection either.
    const declined = !taken || busyWith(request.socket) !== undefined
    if (declined) lastOnes.add(request)
    return !declined
  }

  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    if (lastOnes.has(request)) response.shouldKeepAlive = false
  })

  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!isOurs(routes, request)) {
      for (const other of others) other.call(server, request, socket, head)
      if (others.length === 0) socket.destroy()
      return
    }
    socket.on('error', ignore)
    upgrades.set(request, holdUpgrade(socket, head))
    app.routing(request, responseFor(request, socket))
  })
}

function isOurs(routes: RouteTable, request: IncomingMessage): boolean {
  if (routes.find(request)?.upgrade !== true) return false
  const { headers } = request
  if (headers.upgrade === undefined || /^\s*h2c?\s*$/i.test(headers.upgrade)) return false
  if (headers['transfer-encoding'] !== undefined) return false
  return headers['content-length'] === undefined || headers['content-length'] === '0'
}

/** Node makes no response for an upgrade. This one serves a refusal, then ends the connection. */
function responseFor(request: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.on('finish', () => {
    response.detachSocket(socket)
    socket.destroySoon()
    response.emit('close')
  })
  return response
}

function ignore(): void {}
