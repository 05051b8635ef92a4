import { createServer, type Socket } from 'node:net'
import { ready } from './entry.ts'
import { scenarios } from './scenarios.ts'

// The origin shares its core with the load, so it must cost little: bare sockets, answers made once, no HTTP library.
// It speaks just as much HTTP/1.1 as a proxy may send it here: Content-Length or chunked bodies, pipelined or split heads.

const answers = new Map<string, Buffer>()
for (const { path, answerBytes } of scenarios) answers.set(path, answer('200 OK', Buffer.alloc(answerBytes, 'x')))
const notFound = answer('404 Not Found', Buffer.from('no such path'))

const server = createServer({ noDelay: true }, serve)
server.listen(0, '127.0.0.1', () => ready(server))

function serve(socket: Socket): void {
  let rest: Buffer | undefined
  let bodyLeft = 0
  let chunked = false
  let reply = notFound

  socket.on('error', () => socket.destroy())
  socket.on('data', function read(data: Buffer) {
    let bytes = rest === undefined ? data : Buffer.concat([rest, data])
    rest = undefined
    while (bytes.length > 0) {
      if (bodyLeft > 0) {
        const taken = Math.min(bodyLeft, bytes.length)
        bodyLeft -= taken
        bytes = bytes.subarray(taken)
        if (bodyLeft === 0) socket.write(reply)
        continue
      }
      const end = bytes.indexOf(chunked ? '0\r\n\r\n' : '\r\n\r\n')
      if (end < 0) {
        // Of a chunked body only its last five bytes matter: the bodies sent here never contain them.
        rest = chunked ? bytes.subarray(-4) : bytes
        return
      }
      if (chunked) {
        chunked = false
        bytes = bytes.subarray(end + 5)
        socket.write(reply)
        continue
      }
      const head = bytes.toString('latin1', 0, end)
      bytes = bytes.subarray(end + 4)
      const target = head.indexOf(' ') + 1
      reply = answers.get(head.slice(target, head.indexOf(' ', target))) ?? notFound
      if (!head.startsWith('GET ')) {
        bodyLeft = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
        chunked = /\r\ntransfer-encoding: *chunked/i.test(head)
      }
      if (bodyLeft === 0 && !chunked) socket.write(reply)
    }
  })
}

function answer(status: string, body: Buffer): Buffer {
  const head = [
    `HTTP/1.1 ${status}`,
    `Date: ${new Date().toUTCString()}`,
    'Content-Type: application/octet-stream',
    `Content-Length: ${body.length}`,
    'ETag: "5f3c-17a2b"',
    'Cache-Control: max-age=60',
    'Vary: Accept-Encoding',
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}
