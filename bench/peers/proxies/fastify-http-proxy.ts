import httpProxy from '@fastify/http-proxy'
import Fastify, { type FastifyInstance } from 'fastify'
import { readEntry, ready } from '../entry.ts'

// Its defaults are what its README shows: undici, 128 connections, pipelining 1, keep-alive 60 s. No logger.
const entry = readEntry()
const app = (entry.http2 ? Fastify({ http2: true }) : Fastify()) as unknown as FastifyInstance
await app.register(httpProxy, { upstream: entry.origin })
await app.listen({ port: 0, host: '127.0.0.1' })
ready(app.server)
