import type { IncomingMessage, ServerResponse } from 'node:http'
import handleConfig from 'http-cache-tests/server/handle-config.mjs'
import handleState from 'http-cache-tests/server/handle-state.mjs'
import handleTest from 'http-cache-tests/server/handle-test.mjs'
import { startOrigin, type TestOrigin } from '../../support/origin.ts'

/**
 * The suite's own origin on a free port: the client puts a test there, then asks for it through the proxy. What it serves of
 * the disk is left out, and so is its server, which takes a fixed port.
 */
export function startSuiteOrigin(): Promise<TestOrigin> {
  return startOrigin(function answer(request: IncomingMessage, response: ServerResponse) {
    const [, kind, ...segments] = new URL(request.url ?? '/', 'http://origin').pathname.split('/')
    if (kind === 'config') handleConfig(segments, request, response)
    else if (kind === 'test') handleTest(segments, request, response)
    else if (kind === 'state') handleState(segments, request, response)
    else response.writeHead(404).end()
  })
}
