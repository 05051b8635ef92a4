import { createServer, type Socket } from 'node:net'
import { ready } from '../../peers/entry.ts'
import { cacheScenarios, etag } from './scenarios.ts'

// Bare sockets and answers made once: it shares its core with the load. GET only, one field line of interest, no bodies to
// read. GET /count answers how many requests came before it, those for /count left out: what a hit must not change.

const answers = new Map<string, Buffer>()
for (const { base } of cacheScenarios) answers.set(base.path, answer('200 OK', Buffer.alloc(base.answerBytes, 'x')))
const notModified = head('304 Not Modified', [])
const notFound = answer('404 Not Found', Buffer.from('no such path'))
const validator = `\r\nif-none-match: ${etag}`
let count = 0

const server = createServer({ noDelay: true }, serve)
server.listen(0, '127.0.0.1', () => ready(server))

function serve(socket: Socket): void {
  let rest = ''
  socket.on('error', () => socket.destroy())
  socket.setEncoding('latin1')
  socket.on('data', function read(data: string) {
    const text = rest + data
    let start = 0
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n', start)) {
      socket.write(replyTo(text.slice(start, end)))
      start = end + 4
    }
    rest = text.slice(start)
  })
}

function replyTo(request: string): Buffer {
  const target = request.indexOf(' ') + 1
  const path = request.slice(target, request.indexOf(' ', target))
  if (path === '/count') return answer('200 OK', Buffer.from(String(count)))
  count++
  const found = answers.get(path)
  if (found === undefined) return notFound
  return request.toLowerCase().includes(validator) ? notModified : found
}

function answer(status: string, body: Buffer): Buffer {
  return Buffer.concat([
    head(status, ['Content-Type: application/octet-stream', `Content-Length: ${body.length}`]),
    body,
  ])
}

function head(status: string, fields: readonly string[]): Buffer {
  const lines = [
    `HTTP/1.1 ${status}`,
    `Date: ${new Date().toUTCString()}`,
    ...fields,
    `ETag: ${etag}`,
    'Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT',
    'Cache-Control: public, max-age=86400',
    'Vary: Accept-Encoding',
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}
