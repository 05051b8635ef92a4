import { type Case, NotApplicable, type ProxyUnderTest, type RunningProxy, type Setup } from './case.ts'
import type { Message } from './message.ts'
import { Origin } from './origin.ts'
import { within } from './patience.ts'
import { type Bytes, RawClient } from './raw-client.ts'
import { RawHttp2 } from './raw-http2.ts'

/** What a case works with. All of it is the case's own, and gone when it ends. */
export class Context {
  readonly origin: Origin
  #proxy: RunningProxy | undefined
  #starting: Promise<RunningProxy> | undefined
  readonly #under: ProxyUnderTest
  readonly #cleanups: (() => unknown)[] = []

  constructor(origin: Origin, under: ProxyUnderTest) {
    this.origin = origin
    this.#under = under
    this.defer(() => origin.close())
  }

  /** Starts a proxy in front of the origin, or of `upstreams`. The first one is what `connect` goes to. */
  async start(setup: Setup = {}, ...upstreams: string[]): Promise<RunningProxy> {
    const to = upstreams.length === 0 ? [this.origin.url] : upstreams
    const proxy = await this.#under.start(to, setup)
    this.#proxy ??= proxy
    this.defer(() => within(proxy.close(), 'the proxy closed', 1000).catch(() => {}))
    return proxy
  }

  /** A client of the proxy, which is started with nothing asked if it is not there. */
  async connect(proxy?: RunningProxy): Promise<RawClient> {
    const { port } = proxy ?? this.#proxy ?? (await this.#started())
    const client = await RawClient.connect(port)
    this.defer(() => client.socket.destroy())
    return client
  }

  /** One request on a connection of its own, and its answer. */
  async ask(bytes: Bytes, limit?: number): Promise<Message> {
    const client = await this.connect()
    return client.ask(bytes, limit)
  }

  /** An HTTP/2 client of the proxy, which is started for cleartext HTTP/2 if it is not there. */
  async http2(options: Parameters<typeof RawHttp2.connect>[1] = {}): Promise<RawHttp2> {
    const { port } = this.#proxy ?? (await this.#started({ inbound: 'http2' }))
    const client = await RawHttp2.connect(port, options)
    this.defer(() => client.leave())
    return client
  }

  /** Another origin. */
  async anotherOrigin(options: { tls?: boolean; host?: string } = {}): Promise<Origin> {
    const origin = await Origin.start(options)
    this.defer(() => origin.close())
    return origin
  }

  /** Clients that connect at the same time share one start. */
  #started(setup?: Setup): Promise<RunningProxy> {
    this.#starting ??= this.start(setup)
    return this.#starting
  }

  /** Runs when the case ends, last first. */
  defer(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup)
  }

  notApplicable(reason: string): never {
    throw new NotApplicable(reason)
  }

  async cleanUp(): Promise<void> {
    for (const cleanup of this.#cleanups.reverse()) await cleanup()
  }
}

/** Runs one case against one proxy: resolves when the promise is kept. */
export async function runCase(one: Case, under: ProxyUnderTest): Promise<void> {
  const ctx = new Context(await Origin.start(), under)
  try {
    const limit = one.limit ?? 5000
    await within(one.run(ctx), 'a decision of the case', limit)
  } finally {
    await ctx.cleanUp()
  }
}
