import http from 'node:http'
import { createProxyServer } from 'httpxy'
import { readEntry, ready } from '../entry.ts'

// Its default agent keeps connections alive (256 sockets, 64 free).
const { origin } = readEntry()
const proxy = createProxyServer({ target: origin })
const server = http.createServer((req, res) => {
  proxy.web(req, res).catch(() => res.destroy())
})
server.listen(0, '127.0.0.1', () => ready(server))
