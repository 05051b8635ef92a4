import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { writeFailure } from './client-errors.ts'
import type { RouteTable } from './route-table.ts'

const waiting = new WeakSet<IncomingMessage>()
const owned = new WeakSet<object>()

/**
 * `Expect: 100-continue` (RFC 9110 10.1.1). On a proxied route the 100 waits until the upstream is there to read, so that
 * a refusal comes before the upload. Everywhere else it goes out at once, as Node would do it. A route that was there
 * before the kernel may pass for a proxied one: whoever begins to read the content sends the 100 too.
 */
export function ownContinue(app: FastifyInstance, routes: RouteTable): void {
  if (owned.has(app.server)) return
  owned.add(app.server)
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (routes.find(request)?.proxied === true) wait(request, response)
    else response.writeContinue()
    app.routing(request, response)
  })
  // Any other expectation: Node would answer a bare 417. On a proxied route the check of the request does, as for all.
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    if (routes.find(request)?.proxied === true) app.routing(request, response)
    else response.writeHead(417).end()
  })
  // Node closes a CONNECT without a word where nobody listens.
  app.server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    if (app.server.listenerCount('connect') > 1) return
    socket.on('error', ignore)
    writeFailure(socket, 'SP_METHOD_NOT_ALLOWED')
  })
}

function ignore(): void {}

function wait(request: IncomingMessage, response: ServerResponse): void {
  waiting.add(request)
  const { _read: read } = request
  request._read = function readAfterContinue(bytes) {
    request._read = read
    // A final answer is out: Node only drains what is left.
    if (!response.headersSent) sendContinue(request, response)
    read.call(request, bytes)
  }
}

/** Sends the 100 that a client waits for. Does nothing for the rest. */
export function sendContinue(request: IncomingMessage, response: ServerResponse): void {
  if (waiting.delete(request)) response.writeContinue()
}
