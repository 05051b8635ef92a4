import http from 'node:http'
import httpProxy from 'http-proxy-3'
import { readEntry, ready } from '../entry.ts'

// By default it opens a connection for each request; a keep-alive agent is far better for it.
const { origin } = readEntry()
const agent = new http.Agent({ keepAlive: true })
const proxy = httpProxy.createProxyServer({ target: origin, agent })
proxy.on('error', (_error, _req, res) => {
  res.destroy()
})
const server = http.createServer((req, res) => proxy.web(req, res))
server.listen(0, '127.0.0.1', () => ready(server))
