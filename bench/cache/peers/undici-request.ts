import http from 'node:http'
import { pipeline } from 'node:stream'
import { Agent, cacheStores, type Dispatcher, interceptors } from 'undici'
import { readEntry, ready } from '../../peers/entry.ts'

// What one writes after reading undici's pages on its cache: `request`, and its body piped into the answer. A shared cache in
// memory with the store's defaults.
const { origin } = readEntry()
const agent = new Agent().compose(interceptors.cache({ store: new cacheStores.MemoryCacheStore(), type: 'shared' }))

const server = http.createServer(async (req, res) => {
  const { connection: _, ...headers } = req.headers
  const method = req.method as Dispatcher.HttpMethod
  const body = method === 'GET' || method === 'HEAD' ? null : req
  try {
    const answer = await agent.request({ origin, path: req.url!, method, headers, body })
    res.writeHead(answer.statusCode, answer.headers)
    pipeline(answer.body, res, () => {})
  } catch {
    if (res.headersSent) res.destroy()
    else res.writeHead(502).end()
  }
})
server.listen(0, '127.0.0.1', () => ready(server))
