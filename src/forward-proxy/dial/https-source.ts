import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../contract/clock.ts'
import { ProxyError } from '../../contract/errors.ts'
import type { DispatchController, DispatchHandler, DispatchOptions } from '../../contract/layer.ts'
import type { Upstream, UpstreamTls } from '../../contract/pool.ts'
import { createUpstream } from '../../upstream/origin.ts'
import { createTransport } from '../../upstream/transport.ts'
import { decodeAnswer, encodeQuestion } from './dns-message.ts'
import { type AskFamily, askFamilies, type FamilyAnswer } from './families.ts'
import type { NameSource } from './name-source.ts'

/** A server of DNS over HTTPS. */
export interface HttpsServer {
  /** `https://host[:port]/path` */
  readonly url: URL
  /** Its addresses, in the order of asking. They are dialled as they are: no name is asked for in the clear. */
  readonly addresses: readonly string[]
  readonly tls: UpstreamTls | undefined
}

/** Milliseconds, for one address. */
const connectTimeout = 2000
const answerTimeout = 2500
/** Bytes: no DNS message is longer. */
const mostBytes = 65_535

/** Asks by DNS over HTTPS (RFC 8484), over HTTP/2 where the server has it. No /etc/hosts, no search domains. */
export function httpsSource(clock: Clock, families: readonly (4 | 6)[], server: HttpsServer): NameSource {
  const transport = createTransport({ clock })
  // The transport speaks one protocol to an upstream: a server without HTTP/2 is found out once, and kept to.
  const upstreams = [true, false].flatMap((http2) =>
    server.addresses.map((address) =>
      createUpstream('dns.https', server.url.origin, { http2, tls: server.tls, address, maxConnections: 2 }),
    ),
  )
  const path = server.url.pathname + server.url.search
  /** Who answered last is asked first. */
  let first = 0

  function askOne(host: string): AskFamily {
    return function askOne(family, callback) {
      let cancelled = false
      let question: Question | undefined

      const ask = (tried: number): void => {
        const at = (first + tried) % upstreams.length
        question = new Question(host, family, (error, answer) => {
          if (cancelled) return
          if (answer !== undefined) first = at
          else if (tried + 1 < upstreams.length) return ask(tried + 1)
          callback(error, answer)
        })
        transport.dispatch(optionsFor(upstreams[at] as Upstream, path, encodeQuestion(host, family)), question)
      }

      ask(0)
      return () => {
        cancelled = true
        question?.abort()
      }
    }
  }

  return {
    ask: (host, finder) => askFamilies(clock, families, askOne(host), finder),
    async close() {
      transport.destroy(new ProxyError('SP_SHUTDOWN'))
    },
  }
}

function optionsFor(upstream: Upstream, path: string, body: Buffer): DispatchOptions {
  const headers = ['Host', upstream.authority, 'Accept', media, 'Content-Type', media]
  return {
    upstream,
    origin: upstream.origin,
    method: 'POST',
    path,
    headers: [...headers, 'Content-Length', String(body.length)],
    body,
    // To ask for an address changes nothing, whatever the method says.
    idempotent: true,
    connectTimeout,
    headersTimeout: answerTimeout,
    bodyTimeout: answerTimeout,
  } as DispatchOptions
}

const media = 'application/dns-message'

class Question implements DispatchHandler {
  readonly #host: string
  readonly #family: 4 | 6
  readonly #callback: (error: ProxyError | null, answer: FamilyAnswer | undefined) => void
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #age = 0
  #controller: DispatchController | undefined
  #over = false

  constructor(
    host: string,
    family: 4 | 6,
    callback: (error: ProxyError | null, answer: FamilyAnswer | undefined) => void,
  ) {
    this.#host = host
    this.#family = family
    this.#callback = callback
  }

  abort(): void {
    this.#over = true
    this.#controller?.abort(new Error('Nobody waits any more'))
  }

  onRequestStart(controller: DispatchController): void {
    this.#controller = controller
    if (this.#over) this.abort()
  }

  onResponseStart(_: DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (this.#over || status < 200) return
    if (status !== 200) this.#fail(`the DNS server answered with status ${status}`)
    else if (!headers['content-type']?.toLowerCase().startsWith(media)) {
      this.#fail('the DNS server answered with something else than a DNS message')
    } else this.#age = Math.max(0, Number(headers.age ?? 0) || 0)
  }

  onResponseData(_: DispatchController, chunk: Buffer): void {
    if (this.#over) return
    this.#bytes += chunk.length
    if (this.#bytes > mostBytes) this.#fail('the answer of the DNS server is too long')
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#over = true
    let answer: FamilyAnswer
    try {
      answer = decodeAnswer(Buffer.concat(this.#chunks), this.#host, this.#family, this.#age)
    } catch (error) {
      this.#callback(error as ProxyError, undefined)
      return
    }
    this.#callback(null, answer)
  }

  onResponseError(_: DispatchController, error: Error): void {
    if (this.#over) return
    this.#over = true
    const late = error instanceof ProxyError && error.status === 504
    const code = late ? 'SP_DNS_TIMEOUT' : 'SP_DNS'
    this.#callback(
      new ProxyError(code, `${this.#host}: no answer of the DNS server: ${error.message}`, error),
      undefined,
    )
  }

  #fail(why: string): void {
    this.abort()
    this.#callback(new ProxyError('SP_DNS', `${this.#host}: ${why}`), undefined)
  }
}
