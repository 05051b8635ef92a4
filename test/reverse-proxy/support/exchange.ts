import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface Answer {
  readonly status: number
  readonly message: string
  readonly headers: IncomingMessage['headers']
  readonly rawHeaders: readonly string[]
  readonly trailers: IncomingMessage['trailers']
  readonly body: Buffer
  readonly text: string
  /** The body as JSON. */
  json(): Record<string, unknown> & { headers: Record<string, string> }
}

export interface Question {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders | readonly string[]
  readonly body?: string | Buffer | AsyncIterable<Buffer>
  readonly agent?: http.Agent
}

/** One request by Node's own client, which sends the path as it is. */
export async function ask(origin: string, path: string, question: Question = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, agent } = question
  const { hostname, port } = new URL(origin)
  const request = http.request({ hostname, port, path, method, headers: headers as OutgoingHttpHeaders, agent })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve)
    request.on('error', reject)
  })
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) request.end(body)
  else {
    for await (const chunk of body) {
      if (!request.write(chunk)) await new Promise((resolve) => request.once('drain', resolve))
    }
    request.end()
  }
  const answer = await response
  const bytes = await buffer(answer)
  return {
    status: answer.statusCode as number,
    message: answer.statusMessage as string,
    headers: answer.headers,
    rawHeaders: answer.rawHeaders,
    trailers: answer.trailers,
    body: bytes,
    text: bytes.toString('latin1'),
    json: () => JSON.parse(bytes.toString()),
  }
}
