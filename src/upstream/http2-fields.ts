import type { OutgoingHttpHeaders } from 'node:http2'

/** RFC 9113 8.2.2: connection-specific, and an error in HTTP/2. `te` is looked at by its value. */
const connectionSpecific = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

export interface RequestHead {
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** Stands in where the fields hold no Host. */
  readonly authority: string
  readonly path: string
  /** Name, value, name, value; Host among them. */
  readonly fields: readonly string[]
}

/** The fields of a request as HTTP/2 wants them: pseudo-fields first, names in lower case, order and duplicates kept. */
export function toHttp2Fields(head: RequestHead): string[] {
  const { fields } = head
  const sent = [':method', head.method, ':scheme', head.scheme, ':authority', head.authority, ':path', head.path]
  let hosts = 0
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    const value = fields[i + 1] as string
    if (name === 'host') {
      // RFC 9113 8.3.1: Host becomes :authority. A second one was refused long before.
      if (hosts++ === 0 && value !== '') sent[5] = value
    } else if (name === 'te') {
      if (/(?:^|,)\s*trailers\s*(?:$|[,;])/i.test(value)) sent.push('te', 'trailers')
    } else if (!connectionSpecific.has(name)) {
      sent.push(name, value)
    }
  }
  return sent
}

/** Trailers of a request. node:http2 takes them as an object alone; duplicates become lists. */
export function toHttp2Trailers(fields: readonly string[]): OutgoingHttpHeaders {
  const trailers: Record<string, string[]> = Object.create(null)
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    if (name.startsWith(':') || name === 'te' || connectionSpecific.has(name)) continue
    const lines = trailers[name]
    if (lines === undefined) trailers[name] = [fields[i + 1] as string]
    else lines.push(fields[i + 1] as string)
  }
  return trailers
}

/** Fields of an answer without its pseudo-fields, in order, duplicates kept. */
export function fromHttp2Fields(raw: readonly string[]): string[] {
  // RFC 9113 8.3: pseudo-fields come first.
  let start = 0
  while (start < raw.length && (raw[start] as string).startsWith(':')) start += 2
  return raw.slice(start)
}
