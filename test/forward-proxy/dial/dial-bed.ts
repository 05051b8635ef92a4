import net from 'node:net'
import type { TestContext } from 'node:test'
import type { ProxyError } from '../../../src/contract/errors.ts'
import type { DialTarget } from '../../../src/forward-proxy/dial/dial.ts'
import { createDialler, type DiallerOptions } from '../../../src/forward-proxy/dial/dialler.ts'
import type { Resolver, Waiter } from '../../../src/forward-proxy/dial/resolver.ts'
import { createAddressGuard } from '../../../src/forward-proxy/guard/address-guard.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'

/** A connection that a test makes stand or fail. */
export interface Attempt {
  readonly host: string
  readonly options: net.TcpNetConnectOpts
  readonly socket: net.Socket
  connect(): void
  fail(code: string): void
}

export interface DialBed {
  readonly clock: FakeClock
  readonly attempts: readonly Attempt[]
  /** Hosts of the attempts, in order. */
  readonly hosts: readonly string[]
  /** Who waits for names, oldest first. */
  readonly waiters: readonly Waiter[]
  /** How often a wait for a name was left. */
  readonly left: number
  /** What the dials came to. */
  readonly ends: readonly { readonly error: ProxyError | null; readonly socket: net.Socket | null }[]
  readonly dialler: ReturnType<typeof createDialler>
  dial(target?: Partial<DialTarget>, localAddresses?: readonly string[]): () => void
}

/** A dialler on a fake clock, whose names and connections are in the test's hands. */
export function dialBed(t: TestContext, options: Partial<DiallerOptions> = {}): DialBed {
  const clock = fakeClock()
  const attempts: Attempt[] = []
  const waiters: Waiter[] = []
  const ends: { error: ProxyError | null; socket: net.Socket | null }[] = []
  let left = 0
  const resolver: Resolver = {
    resolve(_, waiter) {
      waiters.push(waiter)
      return () => {
        left++
      }
    },
    async close() {},
  }
  const dialler = createDialler({
    clock,
    resolver,
    guard: createAddressGuard(),
    connect(where) {
      const socket = new net.Socket()
      attempts.push({
        host: String(where.host),
        options: where,
        socket,
        connect: () => void socket.emit('connect'),
        fail: (code) => void socket.destroy(Object.assign(new Error(code), { code })),
      })
      return socket
    },
    ...options,
  })
  t.after(() => {
    for (const { socket } of attempts) socket.destroy()
  })
  return {
    clock,
    attempts,
    waiters,
    ends,
    dialler,
    get hosts() {
      return attempts.map(({ host }) => host)
    },
    get left() {
      return left
    },
    dial(target = {}, localAddresses) {
      return dialler.dial(
        { host: 'a.test', port: 443, ...target },
        (error, socket) => ends.push({ error, socket }),
        localAddresses === undefined ? {} : { localAddresses },
      )
    },
  }
}

/** A listener on loopback that counts who comes. Closed with the test. */
export async function counter(t: TestContext, host = '127.0.0.1', port = 0): Promise<{ port: number; count: number }> {
  const seen = { port, count: 0 }
  const server = net.createServer((socket) => {
    seen.count++
    socket.on('error', () => {})
    socket.end('hello')
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  seen.port = (server.address() as net.AddressInfo).port
  t.after(() => server.close())
  return seen
}
