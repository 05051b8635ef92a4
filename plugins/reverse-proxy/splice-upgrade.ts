import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Exchange } from '../../src/contract/exchange.ts'
import { splice } from '../../src/net/splice.ts'
import type { Drainable } from '../kernel/drain.ts'
import { takeUpgrade } from '../kernel/upgrades.ts'
import type { RoutePlan } from './route-plan.ts'

/** The upstream said 101: says it to the client, and joins the two connections. The splice settles the exchange. */
export function spliceUpgrade(
  plan: RoutePlan,
  exchange: Exchange,
  reply: FastifyReply,
  status: number,
  raw: readonly (Buffer | string)[],
  fields: readonly string[],
  upstream: Duplex,
): void {
  const upgrade = takeUpgrade(reply.request.raw)
  if (upgrade === undefined || upgrade.socket.destroyed || plan.upgrade === undefined) {
    upstream.destroy()
    return
  }
  const { socket, head } = upgrade
  const { scope } = plan
  const { drain } = scope
  const { facts } = exchange
  facts.status = status
  facts.firstByte = scope.clock.now() - exchange.startedAt
  reply.hijack()
  reply.raw.detachSocket(socket)
  socket.write(switchingHead(status, raw, fields), 'latin1')
  if (head.length > 0) socket.unshift(head)

  const joined: Drainable = splice(socket, upstream, {
    clock: scope.clock,
    idleTimeout: plan.upgrade.idleTimeout,
    maxLifetime: plan.upgrade.maxLifetime,
    onEnd({ received, sent, error }) {
      drain.delete(joined)
      facts.bytesReceived = received
      facts.bytesSent = sent
      if (error !== undefined) facts.cause = error
      scope.settle(exchange)
    },
  })
  drain.add(joined)
}

function switchingHead(status: number, raw: readonly (Buffer | string)[], fields: readonly string[]): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`
  for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`
  // RFC 9110 7.8: both fields are hop-by-hop, so they were dropped, and are ours to say again.
  for (let i = 0; i < raw.length; i += 2) {
    if (String(raw[i]).toLowerCase() === 'upgrade') head += `Connection: Upgrade\r\nUpgrade: ${String(raw[i + 1])}\r\n`
  }
  return `${head}\r\n`
}
