import { type Exchange, requestField } from '../contract/exchange.ts'
import { escapeText } from './escape.ts'
import { logFact, startOf } from './log-fact.ts'
import type { Redactor } from './redact.ts'

/**
 * Apache's combined log format, `%h - - %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"`, in UTC. What is missing is `-`.
 * https://httpd.apache.org/docs/2.4/logs.html#combined
 */
export function combinedFormat(redactor: Redactor, wall: () => number): (exchange: Exchange) => string {
  const target = logFact('accessLog', 'target', redactor, wall)
  const time = clfTime()

  function field(exchange: Exchange, name: string): string {
    const value = requestField(exchange, name)
    return value === undefined ? '-' : escapeText(redactor.field(name, value.slice(0, 2048)), 256)
  }

  return function combinedFormat(exchange) {
    const { client, facts, protocol } = exchange
    const method = escapeText(exchange.target.method, 256)
    const line = `${method} ${escapeText(String(target.read(exchange)), target.limit)} ${protocol}`
    const ip = client.ip === '' ? '-' : escapeText(client.ip, 256)
    return `${ip} - - ${time(startOf(exchange, wall()))} "${line}" ${facts.status || '-'} ${facts.bytesSent || '-'} "${field(exchange, 'referer')}" "${field(exchange, 'user-agent')}"`
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `[10/Oct/2000:13:55:36 +0000]`. Made once a second at most. */
function clfTime(): (epoch: number) => string {
  let second = Number.NaN
  let text = ''
  return function clfTime(epoch) {
    const now = Math.floor(epoch / 1000)
    if (now !== second) {
      second = now
      const date = new Date(now * 1000)
      const day = String(date.getUTCDate()).padStart(2, '0')
      const clock = date.toISOString().slice(11, 19)
      text = `[${day}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}:${clock} +0000]`
    }
    return text
  }
}
