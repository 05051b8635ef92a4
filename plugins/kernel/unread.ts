import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { errorTable } from '../../src/contract/errors.ts'
import { Exchange } from '../../src/contract/exchange.ts'
import { identifyClient } from '../../src/net/client-identity.ts'
import { faultOf } from './client-errors.ts'
import type { Scope } from './scope.ts'

/** What stands in for a request that could not be read. Nothing of it is shown: it may be anything. */
const unread = Object.freeze({
  method: '-',
  scheme: 'http',
  authority: '',
  host: '',
  port: undefined,
  path: '-',
  query: '',
  canonicalPath: '-',
})

/** What is no HTTP is an exchange too: it was answered, and the access log should have a line of it. Once a connection. */
export function settleUnread(app: FastifyInstance, scope: Scope): void {
  const settled = new WeakSet<Socket>()
  app.server.on('clientError', (error: Error, socket: Socket) => {
    const code = faultOf(socket)
    if (code === undefined || settled.has(socket)) return
    settled.add(socket)
    const client = identifyClient(socket.remoteAddress, socket.remotePort, [], undefined)
    const id = scope.ids.of(client, [])
    const exchange = new Exchange('http', id, unread, client, 'HTTP/1.1', [], scope.clock.now())
    exchange.facts.status = errorTable[code].status
    exchange.facts.refusal = code
    exchange.facts.error = code
    exchange.facts.cause = error
    scope.drain.opened()
    scope.settle(exchange)
  })
}
