import { createHash } from 'node:crypto'
import type { Message } from './message.ts'
import type { OriginRequest } from './origin.ts'
import { until } from './patience.ts'
import type { RawClient } from './raw-client.ts'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='

/** A WebSocket handshake as a client sends it (RFC 6455 section 4.1). */
export function handshake(target: string, ...fields: string[]): string {
  return [
    `GET ${target} HTTP/1.1`,
    'Host: a.test',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    ...fields,
    '\r\n',
  ].join('\r\n')
}

/** The origin's yes to a handshake. */
export function switching(request: Message, ...fields: string[]): string {
  const accept = createHash('sha1')
    .update(`${request.value('sec-websocket-key') ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...fields,
    '\r\n',
  ].join('\r\n')
}

/** An answer function that says yes and leaves the tunnel to the case; anything but an upgrade gets 200. */
export function accepting(...fields: string[]): (request: OriginRequest) => void {
  return (request) => {
    if (request.message.value('upgrade') === undefined) {
      request.reply('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      return
    }
    request.connection.detach()
    request.reply(switching(request.message, ...fields))
  }
}

/** A text frame of less than 126 bytes; masked as a client must. */
export function textFrame(text: string, masked: boolean): Buffer {
  return wsFrame(0x81, Buffer.from(text), masked)
}

/** A close frame with status 1000. */
export function closeFrame(masked: boolean): Buffer {
  return wsFrame(0x88, Buffer.from([3, 232]), masked)
}

function wsFrame(first: number, payload: Buffer, masked: boolean): Buffer {
  if (!masked) return Buffer.concat([Buffer.from([first, payload.length]), payload])
  const mask = Buffer.from([1, 2, 3, 4])
  const body = payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))
  return Buffer.concat([Buffer.from([first, 0x80 | payload.length]), mask, body])
}

/** A close frame is among the bytes. */
export function saysClose(bytes: Buffer): boolean {
  return bytes.includes(0x88)
}

/** Payload of the first text frame in `bytes`, or undefined while there is none. */
export function readText(bytes: Buffer): string | undefined {
  const at = bytes.indexOf(0x81)
  if (at < 0 || bytes.length < at + 2) return undefined
  const second = bytes[at + 1] ?? 0
  const length = second & 0x7f
  const start = at + 2 + (second & 0x80 ? 4 : 0)
  if (bytes.length < start + length) return undefined
  const body = bytes.subarray(start, start + length)
  const mask = bytes.subarray(start - 4, start)
  return second & 0x80 ? Buffer.from(body.map((byte, i) => byte ^ (mask[i % 4] ?? 0))).toString() : body.toString()
}

/** Sends a text from the client and waits until the origin has it. */
export async function clientSays(client: RawClient, request: OriginRequest, text: string): Promise<void> {
  client.send(textFrame(text, true))
  await until(() => readText(request.connection.tunnel) === text, `the text '${text}' at the origin`)
}

/** Sends a text from the origin and waits until the client has it. */
export async function originSays(client: RawClient, request: OriginRequest, text: string): Promise<void> {
  request.reply(textFrame(text, false))
  await until(() => readText(client.tunnel) === text, `the text '${text}' at the client`)
}
