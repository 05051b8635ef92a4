import http from 'node:http'
import fastProxy from 'fast-proxy'
import { readEntry, ready } from '../entry.ts'

// Its README promises more from its undici option than from its default; at 1 KB that is so by a third.
const { origin } = readEntry()
const { proxy } = fastProxy({ base: origin, undici: { connections: 128, pipelining: 1 } })
const server = http.createServer((req, res) => proxy(req, res, req.url!, {}))
server.listen(0, '127.0.0.1', () => ready(server))
