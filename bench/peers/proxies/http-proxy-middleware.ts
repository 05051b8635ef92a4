import http from 'node:http'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { readEntry, ready } from '../entry.ts'

// On node:http, without Express or Connect, whose cost is not its own. The agent is httpxy's: keep-alive.
const { origin } = readEntry()
const middleware = createProxyMiddleware({ target: origin, changeOrigin: true })
const server = http.createServer((req, res) => {
  void middleware(req, res, () => res.writeHead(404).end())
})
server.listen(0, '127.0.0.1', () => ready(server))
