import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { RouteTable } from './route-table.ts'

const waiting = new WeakSet<IncomingMessage>()

/**
 * `Expect: 100-continue` (RFC 9110 10.1.1). On a proxied route the 100 waits until the upstream is there to read, so that
 * a refusal comes before the upload. Everywhere else it goes out at once, as Node would do it.
 */
export function ownContinue(app: FastifyInstance, routes: RouteTable): void {
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (routes.find(request)?.proxied === true) waiting.add(request)
    else response.writeContinue()
    app.routing(request, response)
  })
}

/** Sends the 100 that a client waits for. Does nothing for the rest. */
export function sendContinue(request: IncomingMessage, response: ServerResponse): void {
  if (waiting.delete(request)) response.writeContinue()
}
