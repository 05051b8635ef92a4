import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { createProxyServer } from 'httpxy'
import type { ProxyUnderTest, RunningProxy, Setup } from '../harness/case.ts'
import { has, listenPlain } from './listening.ts'

/** https://github.com/unjs/httpxy, with `ws: true` and the error handling of its README (as 502, without the message). */
export const httpxy: ProxyUnderTest = { name: 'httpxy', start }

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
  has('httpxy', setup, things)
  const target = upstreams[0] ?? ''
  const timeout = setup.timeouts?.firstByte ?? setup.timeouts?.betweenBytes ?? setup.timeouts?.connect
  const proxy = createProxyServer({
    ...(setup.chosenByHost === undefined ? { target } : {}),
    ws: true,
    ...(timeout === undefined ? {} : { proxyTimeout: timeout, upgradeTimeout: timeout }),
    ...(setup.requestFields === undefined ? {} : { headers: setup.requestFields }),
  })
  for (const [name, value] of Object.entries(setup.responseFields ?? {})) {
    proxy.on('proxyRes', (incoming) => {
      incoming.headers[name] = value
    })
  }
  const chosen = (request: IncomingMessage) => {
    const table = setup.chosenByHost
    return { target: table === undefined ? target : (table[request.headers.host ?? ''] ?? '') }
  }
  return listenPlain(
    setup,
    async (request, response) => {
      try {
        await proxy.web(request, response, chosen(request))
      } catch {
        if (response.headersSent) response.destroy()
        else response.writeHead(502, { 'Content-Type': 'text/plain' }).end('Bad gateway')
      }
    },
    (request, socket, head) => proxy.ws(request, socket as Socket, chosen(request), head).catch(() => {}),
  )
}
