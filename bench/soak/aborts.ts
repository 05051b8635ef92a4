import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { openDescriptors } from '../peers/process-cost.ts'
import { becomesTrue, MB, megabytes, settledMemory, soak } from './soak.ts'

// 10,000 clients that leave: before the answer, in the middle of it, in the middle of their upload. Each leaves at an event,
// not after a wait, and each time the connection to the origin must be closed too: nobody wants that answer any more.

const COUNT = 10_000
const WARM_UP = 1500
const AT_ONCE = 40
const CANCEL_LIMIT = 5000
const GOAL = 2 * MB
const stages = ['before', 'answer', 'upload'] as const
type Stage = (typeof stages)[number]

/** What the origin tells the client of one exchange. */
interface Exchange {
  reached(): void
  closed(): void
}

const exchanges = new Map<string, Exchange>()
const BODY = 2 ** 20
const part = Buffer.alloc(64 * 1024, 'x')

const origin = createServer(serve).listen(0, '127.0.0.1')
await once(origin, 'listening')

await soak((origin.address() as AddressInfo).port, async (proxy) => {
  await abortMany(proxy.port, WARM_UP)
  await becomesTrue(() => openDescriptors(proxy.pid) < AT_ONCE, 10_000)
  const before = await settledMemory(proxy)
  const descriptors = openDescriptors(proxy.pid)

  const uncancelled = await abortMany(proxy.port, COUNT)
  const closed = await becomesTrue(() => openDescriptors(proxy.pid) <= descriptors, 15_000)
  const after = await settledMemory(proxy)

  const grown = after.heapUsed - before.heapUsed
  return [
    {
      claim: `all of ${COUNT} aborted requests are cancelled at the origin within ${CANCEL_LIMIT / 1000} s`,
      measured: `${COUNT - uncancelled} were`,
      met: uncancelled === 0,
    },
    {
      claim: 'sockets return to where they were',
      measured: `${descriptors} descriptors before, ${openDescriptors(proxy.pid)} after`,
      met: closed,
    },
    {
      claim: `the heap returns to where it was, within ${megabytes(GOAL)}`,
      measured: `${megabytes(before.heapUsed)} before, ${megabytes(after.heapUsed)} after (resident: ${megabytes(before.rss)}, ${megabytes(after.rss)})`,
      met: grown < GOAL,
    },
  ]
})
origin.close()

/** Number of requests whose upstream connection was still there when the limit was over. */
async function abortMany(port: number, count: number): Promise<number> {
  let next = 0
  let uncancelled = 0
  const worker = async () => {
    while (next < count) {
      const id = next++
      if (!(await abortOne(port, stages[id % stages.length]!, String(id)))) uncancelled++
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return uncancelled
}

async function abortOne(port: number, stage: Stage, id: string): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const cancelled = new Promise<boolean>((resolve) => {
    const late = setTimeout(resolve, CANCEL_LIMIT, false)
    exchanges.set(id, {
      reached: () => {
        if (stage !== 'answer') socket.destroy()
      },
      closed: () => {
        clearTimeout(late)
        resolve(true)
      },
    })
  })
  if (stage === 'answer') socket.once('data', () => socket.destroy())
  const upload = stage === 'upload'
  const length = upload ? `Content-Length: ${BODY}\r\n` : ''
  socket.write(`${upload ? 'POST' : 'GET'} /${stage}/${id} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${length}\r\n`)
  if (upload) socket.write(part)
  const result = await cancelled
  exchanges.delete(id)
  socket.destroy()
  return result
}

/** Never ends an answer: every exchange here ends by the client leaving. */
function serve(socket: Socket): void {
  let exchange: Exchange | undefined
  socket.on('error', () => {})
  socket.on('close', () => exchange?.closed())
  socket.on('data', (data: Buffer) => {
    if (exchange !== undefined) return exchange.reached()
    const head = data.toString('latin1')
    const [, stage, id] = /^[A-Z]+ \/(\w+)\/(\d+) /.exec(head) ?? []
    exchange = exchanges.get(id ?? '')
    if (stage === 'answer') {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY}\r\n\r\n`)
      socket.write(part)
    }
    const bodyBegun = head.indexOf('\r\n\r\n') + 4 < head.length
    if (stage === 'before' || bodyBegun) exchange?.reached()
  })
}
