import { once } from 'node:events'
import http2 from 'node:http2'
import { buffer } from 'node:stream/consumers'
import type { Scenario } from './scenarios.ts'

/** Sends one request of a scenario through a proxy; throws when the answer is not what the origin sent. */
export async function probe(port: number, scenario: Scenario): Promise<void> {
  const { status, bytes } = scenario.protocol === 'h2' ? await askHttp2(port, scenario) : await askHttp1(port, scenario)
  if (status !== 200 || bytes !== scenario.answerBytes) {
    throw new Error(`answered ${status} with ${bytes} bytes instead of 200 with ${scenario.answerBytes}`)
  }
}

interface Answer {
  readonly status: number
  readonly bytes: number
}

async function askHttp1(port: number, { path, uploadBytes }: Scenario): Promise<Answer> {
  const upload = uploadBytes === 0 ? {} : { method: 'POST', body: 'x'.repeat(uploadBytes) }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...upload, signal: AbortSignal.timeout(5000) })
  return { status: response.status, bytes: (await response.arrayBuffer()).byteLength }
}

async function askHttp2(port: number, { path }: Scenario): Promise<Answer> {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  try {
    const stream = session.request({ ':path': path }, { signal: AbortSignal.timeout(5000) })
    const [fields] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders & { ':status': number }]
    return { status: fields[':status'], bytes: (await buffer(stream)).length }
  } finally {
    session.destroy()
  }
}
