import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createProxyServer } from 'http-proxy-3'
import type { ProxyUnderTest, RunningProxy, Setup } from '../harness/case.ts'
import { has, listenPlain } from './listening.ts'

/** https://github.com/sagemathinc/http-proxy-3, with `ws: true` and the error listener that its README asks for. */
export const httpProxy3: ProxyUnderTest = { name: 'http-proxy-3', start }

const things = [
  'timeouts',
  'clientTimeouts',
  'chosenByHost',
  'requestFields',
  'responseFields',
  'afterBodyParser',
  'port',
] as const

async function start(upstreams: readonly string[], setup: Setup): Promise<RunningProxy> {
  has('http-proxy-3', setup, things)
  const target = upstreams[0] ?? ''
  const timeout = setup.timeouts?.firstByte ?? setup.timeouts?.betweenBytes ?? setup.timeouts?.connect
  const proxy = createProxyServer({ target, ws: true, ...(timeout === undefined ? {} : { proxyTimeout: timeout }) })
  proxy.on('error', (_error, _request, response) => {
    if (!(response instanceof ServerResponse)) response?.destroy()
    else if (response.headersSent) response.destroy()
    else response.writeHead(502, { 'Content-Type': 'text/plain' }).end('Bad gateway')
  })
  for (const [name, value] of Object.entries(setup.requestFields ?? {})) {
    proxy.on('proxyReq', (outgoing) => outgoing.setHeader(name, value))
    proxy.on('proxyReqWs', (outgoing) => outgoing.setHeader(name, value))
  }
  for (const [name, value] of Object.entries(setup.responseFields ?? {})) {
    proxy.on('proxyRes', (incoming) => {
      incoming.headers[name] = value
    })
  }
  const chosen = (request: IncomingMessage) => {
    const table = setup.chosenByHost
    return table === undefined ? {} : { target: table[request.headers.host ?? ''] ?? '' }
  }
  return listenPlain(
    setup,
    (request, response) => proxy.web(request, response, chosen(request)),
    (request, socket, head) => proxy.ws(request, socket as Socket, head, chosen(request)),
  )
}
