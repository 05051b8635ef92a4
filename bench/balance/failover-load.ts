import { steadyNow } from './failover-child.ts'
import { Connections } from './failover-client.ts'

export interface LoadSettings {
  readonly port: number
  /** Requests a second, whatever becomes of them. */
  readonly rate: number
  /** Milliseconds after which a client gives up. */
  readonly timeout: number
  /** For so many milliseconds it grows from a tenth of the rate: processes that have just started are slow. @default 0 */
  readonly rampUp?: number
}

/** One request. Times are milliseconds of the steady clock. */
export interface Sample {
  /** When it was due, which is what its latency is counted from: a generator that is late makes nobody quicker. */
  readonly at: number
  readonly latency: number
  /** 200, another status, or what went wrong. */
  readonly outcome: number | string
  readonly retryAfter: string | undefined
}

export interface Load {
  /** So far, in the order of their ends. */
  readonly samples: readonly Sample[]
  /** No new ones; resolves when all have ended. */
  stop(): Promise<readonly Sample[]>
}

/** Ten requests, over and over. */
const mix = [
  'GET /16k',
  'GET /1k',
  'GET /100',
  'HEAD /1k',
  'GET /1k?q=1',
  'GET /1k',
  'GET /16k',
  'GET /1k',
  'GET /100',
  'GET /',
]
const requests = mix.map((line) => line.split(' ') as [string, string])

/** In flight at a time; what is due beyond waits here, and its time counts. Without it a machine that is busy drowns in connections. */
const most = 512

/** An open loop of GET and HEAD: a request is due at its time, whatever has become of the others. */
export function startLoad({ port, rate, timeout, rampUp = 0 }: LoadSettings): Load {
  const connections = new Connections(port)
  const samples: Sample[] = []
  const waiting: number[] = []
  const began = steadyNow()
  let due = began
  let sent = 0
  let open = 0
  let stopped = false
  let allDone: (() => void) | undefined

  function send(at: number): void {
    const left = at + timeout - steadyNow()
    if (left <= 0) {
      samples.push({ at, latency: timeout, outcome: 'client timeout', retryAfter: undefined })
      return
    }
    const [method, path] = requests[sent++ % requests.length] as [string, string]
    open++
    const connection = connections.take()
    const patience = setTimeout(() => connections.leave(connection, 'client timeout'), left)
    connection.send(method, path, '', (outcome, retryAfter) => {
      clearTimeout(patience)
      samples.push({ at, latency: steadyNow() - at, outcome, retryAfter })
      open--
      // The connection becomes idle when this has returned.
      if (waiting.length > 0) queueMicrotask(serve)
      else if (open === 0) allDone?.()
    })
  }

  function serve(): void {
    while (waiting.length > 0 && open < most) send(waiting.shift() as number)
    if (open === 0) allDone?.()
  }

  function tick(): void {
    if (stopped) return
    for (const now = steadyNow(); due <= now; ) {
      waiting.push(due)
      const share = due - began < rampUp ? Math.max(0.1, (due - began) / rampUp) : 1
      due += 1000 / (rate * share)
    }
    serve()
    setTimeout(tick, 1)
  }
  tick()

  return {
    samples,
    async stop() {
      stopped = true
      if (open > 0) {
        await new Promise<void>((resolve) => {
          allDone = resolve
        })
      }
      connections.close()
      return samples
    },
  }
}
