import type { Upstream } from '../../contract/pool.ts'
import { type AnswerReader, type AskMeans, ask } from './ask.ts'
import { BodySearch } from './body-search.ts'
import { type Check, type CheckResult, fail, pass } from './check-result.ts'
import { isExpected } from './expect.ts'
import { hasField } from './fields.ts'
import type { HealthSettings } from './options.ts'

/** Asks for a path, and looks at the status and the beginning of the body. Redirects are answers like others. */
export function httpCheck(settings: HealthSettings, means: AskMeans, upstream: Upstream): Check {
  const { method, path, timeout } = settings
  const fields = fieldsFor(settings, upstream)

  return function check(done) {
    return ask(means, { upstream, method, path, fields, body: null, timeout }, new HttpAnswer(settings), done)
  }
}

function fieldsFor({ host, method, fields }: HealthSettings, upstream: Upstream): string[] {
  const all = ['Host', host ?? upstream.authority, ...fields]
  if (!hasField(fields, 'user-agent')) all.push('User-Agent', 'sallyport-health')
  if (!hasField(fields, 'accept')) all.push('Accept', '*/*')
  if (method === 'POST') all.push('Content-Length', '0')
  // Each check makes its own connection (see ask.ts), so none is kept. HTTP/2 has no such field, and drops it.
  if (!upstream.http2) all.push('Connection', 'close')
  return all
}

class HttpAnswer implements AnswerReader {
  readonly #settings: HealthSettings
  readonly #search: BodySearch | undefined
  #status = 0
  #bytes = 0

  constructor(settings: HealthSettings) {
    const { body, bodyLimit } = settings
    this.#settings = settings
    this.#search = body === undefined ? undefined : new BodySearch(body, bodyLimit)
  }

  head(status: number): CheckResult | undefined {
    this.#status = status
    const { status: expected } = this.#settings
    return isExpected(expected, status) ? undefined : fail(`status ${status}, expected ${expected.text}`)
  }

  // Without a body to look for the answer must still be whole, up to the limit: one that breaks off is no good sign.
  data(chunk: Buffer): CheckResult | undefined {
    this.#bytes += chunk.length
    if (this.#search === undefined) return this.#bytes >= this.#settings.bodyLimit ? this.#good() : undefined
    const found = this.#search.add(chunk)
    return found === undefined ? undefined : this.#verdict(found)
  }

  end(): CheckResult {
    return this.#verdict(this.#search?.end() ?? true)
  }

  #verdict(found: boolean): CheckResult {
    return found ? this.#good() : fail(`body ${this.#search?.missing}`)
  }

  #good(): CheckResult {
    return pass(`status ${this.#status}`)
  }
}
