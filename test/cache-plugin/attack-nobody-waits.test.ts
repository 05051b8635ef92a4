import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { temporaryFolder } from '../support/child.ts'
import { until } from '../support/until.ts'
import { begin, stage } from './bed.ts'

const chunk = Buffer.alloc(64 * 1024, 'x')

/** Writes until the connection ends. */
function pour(response: ServerResponse, told: { sent: number; closed: boolean }): void {
  response.writeHead(200, { 'Cache-Control': 'max-age=60' })
  const timer = setInterval(() => {
    if (response.writableNeedDrain) return
    response.write(chunk)
    told.sent += chunk.length
  }, 1)
  response.on('close', () => {
    clearInterval(timer)
    told.closed = true
  })
}
