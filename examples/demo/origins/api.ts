import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { type Origin, startOrigin } from './origin.ts'

/** A JSON API. Several instances of it stand behind one pool; each says its name in every answer. */
export function startApi(name: string, port: number): Promise<Origin> {
  let served = 0
  const notes: string[] = []

  async function api(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0]
    if (path === '/api/health') return send(response, 200, { ok: true })
    served++
    if (path === '/api/whoami') {
      send(response, 200, { instance: name, served, forwardedFor: request.headers['x-forwarded-for'] })
    } else if (path === '/api/headers') {
      send(response, 200, { instance: name, headers: request.headers })
    } else if (path === '/api/notes' && request.method === 'POST') {
      const note = await readNote(request)
      if (note === undefined) return send(response, 400, { error: 'send { "text": "..." } as JSON' })
      if (notes.push(note) > 100) notes.shift()
      send(response, 201, { instance: name, notes })
    } else if (path === '/api/notes') {
      send(response, 200, { instance: name, notes })
    } else {
      send(response, 404, { error: 'no such thing', instance: name })
    }
  }

  return startOrigin(name, api, { port })
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}

async function readNote(request: IncomingMessage): Promise<string | undefined> {
  try {
    const { text } = (await json(request)) as { text?: unknown }
    return typeof text === 'string' ? text.slice(0, 200) : undefined
  } catch {
    return undefined
  }
}
