import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { openDescriptors } from '../peers/process-cost.ts'
import { becomesTrue, settledMemory, soak } from './soak.ts'

// 2,000 WebSockets that stand and say nothing. Handshakes by hand on bare sockets, on both sides.

const COUNT = 2000
const AT_ONCE = 50
const GOAL_KB = 40

const origin = createServer(answerHandshake).listen(0, '127.0.0.1')
await once(origin, 'listening')

await soak((origin.address() as AddressInfo).port, async (proxy) => {
  // Some come and go first: what the first WebSocket loads is not the price of each.
  for (const socket of await open(proxy.port, 200)) socket.destroy()
  await becomesTrue(() => openDescriptors(proxy.pid) < 200, 5000)
  const descriptors = openDescriptors(proxy.pid)
  const before = await settledMemory(proxy)

  const sockets = await open(proxy.port, COUNT)
  const during = await settledMemory(proxy)
  const echoed = await Promise.all(sockets.map(echoes))
  for (const socket of sockets) socket.destroy()
  const left = await becomesTrue(() => openDescriptors(proxy.pid) <= descriptors, 10_000)

  const each = (during.rss - before.rss) / COUNT / 1024
  const heap = (during.heapUsed - before.heapUsed) / COUNT / 1024
  const alive = echoed.filter(Boolean).length
  return [
    {
      claim: `${COUNT} idle WebSockets need less than ${GOAL_KB} KB each`,
      measured: `${each.toFixed(1)} KB of resident memory each, ${heap.toFixed(1)} KB of it JavaScript heap`,
      met: each < GOAL_KB,
    },
    { claim: 'each of them still echoes afterwards', measured: `${alive} of ${COUNT}`, met: alive === COUNT },
    {
      claim: 'their sockets close when the clients leave',
      measured: `${descriptors} descriptors before, ${openDescriptors(proxy.pid)} after`,
      met: left,
    },
  ]
})
origin.close()

async function open(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const batch = Math.min(AT_ONCE, count - sockets.length)
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => handshake(port)))))
  }
  return sockets
}

async function handshake(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  const key = randomBytes(16).toString('base64')
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  )
  const [head] = (await once(socket, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer]
  const text = head.toString('latin1')
  if (!text.startsWith('HTTP/1.1 101 ')) throw new Error(`no 101: ${text.split('\r\n')[0]}`)
  if (!text.includes(acceptFor(key))) throw new Error('the 101 is not the answer to this key')
  socket.on('error', () => {})
  return socket
}

async function echoes(socket: Socket): Promise<boolean> {
  // A ping frame, masked with zeros. The origin returns bytes as they are: who looks inside frames is not the question here.
  const ping = Buffer.from([0x89, 0x80, 0, 0, 0, 0])
  socket.write(ping)
  try {
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer]
    return answer.equals(ping)
  } catch {
    return false
  }
}

function answerHandshake(socket: Socket): void {
  let upgraded = false
  socket.on('error', () => {})
  socket.on('data', (data: Buffer) => {
    if (upgraded) return void socket.write(data)
    const key = /\r\nsec-websocket-key: *(\S+)/i.exec(data.toString('latin1'))?.[1] ?? ''
    upgraded = true
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        `Sec-WebSocket-Accept: ${acceptFor(key)}\r\n\r\n`,
    )
  })
}

/** RFC 6455 section 4.2.2. */
function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}
