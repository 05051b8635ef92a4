import type { Exchange } from '../contract/exchange.ts'

/**
 * Value of a cookie that the request brought, as sent, or undefined. The first one where there are several of the name;
 * names are matched with case. RFC 6265 4.2.1 to the letter: `name=value`, without spaces around the `=`.
 */
export function requestCookie({ rawFields }: Exchange, name: string): string | undefined {
  for (let i = 0; i < rawFields.length; i += 2) {
    const field = rawFields[i] as string
    // HTTP/2 may send each cookie in a line of its own: RFC 9113 8.2.3.
    if (field.length !== 6 || field.toLowerCase() !== 'cookie') continue
    const value = cookieOf(rawFields[i + 1] as string, name)
    if (value !== undefined) return value
  }
  return undefined
}

function cookieOf(line: string, name: string): string | undefined {
  let start = 0
  for (;;) {
    while (isSpace(line.charCodeAt(start))) start++
    let end = line.indexOf(';', start)
    const next = end + 1
    if (end === -1) end = line.length
    if (line.startsWith(name, start) && line.charCodeAt(start + name.length) === 0x3d) {
      while (isSpace(line.charCodeAt(end - 1))) end--
      return line.slice(start + name.length + 1, end)
    }
    if (next === 0) return undefined
    start = next
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}
