import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { type Origin, startOrigin } from './origin.ts'

/** The slow and flaky one: Server-Sent Events, a WebSocket that echoes, answers that are late, bad or cut off. */
export function startLive(): Promise<Origin> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 })
  let moods = 0

  function live(request: IncomingMessage, response: ServerResponse): unknown {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/events') return ticks(response)
    if (pathname === '/slow') return late(response, Number(searchParams.get('ms') ?? 1500))
    if (pathname === '/flaky') return moody(response, moods++)
    return response.writeHead(404, { 'content-type': 'text/plain' }).end('no such thing\n')
  }

  function echo(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }))
      client.on('error', () => client.terminate())
    })
  }

  return startOrigin('live', live, { upgrade: echo })
}

/** One event a second, for as long as somebody listens. */
function ticks(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  let count = 0
  const tick = () => response.write(`event: tick\ndata: ${JSON.stringify({ count: ++count, at: Date.now() })}\n\n`)
  tick()
  const timer = setInterval(tick, 1000)
  response.once('close', () => clearInterval(timer))
}

function late(response: ServerResponse, ms: number): void {
  const wait = Math.min(Math.max(Number.isFinite(ms) ? ms : 0, 0), 10_000)
  const timer = setTimeout(() => {
    response.writeHead(200, { 'content-type': 'text/plain' }).end(`here at last, after ${wait} ms\n`)
  }, wait)
  response.once('close', () => clearTimeout(timer))
}

/** In turn: fine, a 503, a connection that breaks before the answer, fine, an answer that breaks in the middle. */
function moody(response: ServerResponse, turn: number): void {
  const mood = (['fine', 'unavailable', 'gone', 'fine', 'half'] as const)[turn % 5]
  if (mood === 'gone') {
    response.destroy()
  } else if (mood === 'half') {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1000' })
    response.write('only half of wh', () => response.destroy())
  } else {
    const status = mood === 'fine' ? 200 : 503
    response.writeHead(status, { 'content-type': 'text/plain' }).end(`${mood}\n`)
  }
}
