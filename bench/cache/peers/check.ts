import { once } from 'node:events'
import http from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { CacheContender } from './contenders.ts'
import type { CacheScenario } from './scenarios.ts'

const ASKED = 3

/**
 * Fills the cache with what the scenario asks for and looks at what is answered then.
 * @returns the answer in words, such as `200 from the cache`
 * @throws when the content is not what the origin sent, or a plain hit asked the origin
 */
export async function check(
  port: number,
  originPort: number,
  contender: CacheContender,
  scenario: CacheScenario,
): Promise<string> {
  const { base, fields } = scenario
  await ask(port, base.path, {})
  await ask(port, base.path, {})
  const before = await countOf(originPort)
  let status = 0
  for (let turn = 0; turn < ASKED; turn++) {
    const answer = await ask(port, base.path, fields)
    status = answer.status
    verify(answer, scenario)
  }
  const asked = (await countOf(originPort)) - before
  if (contender.caches && scenario.status === 200 && asked > 0) {
    throw new Error(`${asked} of ${ASKED} requests for what is stored went to the origin`)
  }
  return `${status} ${asked === 0 ? 'from the cache' : 'after asking the origin'}`
}

/** How many requests the origin has had. */
export async function countOf(originPort: number): Promise<number> {
  return Number((await ask(originPort, '/count', {})).content.toString())
}

interface Answer {
  readonly status: number
  readonly content: Buffer
}

function verify({ status, content }: Answer, { base, status: wanted }: CacheScenario): void {
  // A cache may send the whole content to a client that has it: dear, not wrong.
  if (status === 304 && wanted === 304 && content.length === 0) return
  if (status === 200 && content.equals(Buffer.alloc(base.answerBytes, 'x'))) return
  throw new Error(`answered ${status} with ${content.length} bytes that are not those of the origin`)
}

/** Not `fetch`: it would send an Accept-Encoding, by which the answers vary, and the load sends none. */
async function ask(port: number, path: string, headers: http.OutgoingHttpHeaders): Promise<Answer> {
  const signal = AbortSignal.timeout(5000)
  const request = http.get({ host: '127.0.0.1', port, path, headers, agent: false, signal })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  return { status: response.statusCode ?? 0, content: await buffer(response) }
}
