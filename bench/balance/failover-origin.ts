import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { answerCalls, startedWith } from './failover-child.ts'

export interface OriginSettings {
  /** 0 is any. */
  readonly port: number
  /** Milliseconds until each answer. */
  readonly delay: number
  /** Idle connections are closed after so many milliseconds, without a word in any field; 0 is never. */
  readonly idle: number
}

/** What can be changed while it runs. */
export interface OriginMood {
  readonly delay?: number
  /** 503 to every second request. */
  readonly half?: boolean
}

/** How often each content of a POST was acted upon, by the path. */
export interface OriginCounts {
  readonly requests: number
  /** That are open now. */
  readonly connections: number
  readonly posts: readonly (readonly [string, number])[]
}

const { port, idle, ...first } = startedWith<OriginSettings>()
const bodies: Readonly<Record<string, Buffer>> = {
  '/16k': Buffer.alloc(16 * 1024, 'x'),
  '/100': Buffer.alloc(100, 'x'),
}
const usual = Buffer.alloc(1024, 'x')
const posts = new Map<string, number>()
let { delay } = first
let half = false
let requests = 0

const server = createServer(async (request, response) => {
  const url = request.url as string
  if (url === '/health') {
    response.end('well\n')
    return
  }
  requests++
  const refused = half && requests % 2 === 0
  if (request.method === 'POST') {
    for await (const _ of request);
    posts.set(url, (posts.get(url) ?? 0) + 1)
  }
  if (delay > 0) await setTimeout(delay)
  const body = bodies[url] ?? usual
  // `Connection` said by us keeps Node from telling how long it will wait (`Keep-Alive: timeout`).
  const fields = { connection: 'keep-alive', 'content-length': refused ? 0 : body.length }
  response.writeHead(refused ? 503 : 200, fields).end(refused ? undefined : body)
})
let connections = 0
server.on('connection', (socket) => {
  connections++
  socket.once('close', () => connections--)
})
server.keepAliveTimeout = idle
server.keepAliveTimeoutBuffer = 0
server.listen(port, '127.0.0.1')
await once(server, 'listening')

answerCalls((server.address() as AddressInfo).port, {
  become(mood: OriginMood) {
    delay = mood.delay ?? delay
    half = mood.half ?? half
  },
  counts: (): OriginCounts => ({ requests, connections, posts: [...posts] }),
})
