import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { OptionError } from '../contract/options.ts'

export interface ListenAddress {
  /** Without brackets. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
}

const right = "give HOST:PORT such as 127.0.0.1:8080 or [::1]:8080, ':8080' for all addresses, or a port alone"

/** Reads `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080`, `:8080` (all addresses) and `8080` (this machine alone). */
export function parseListenAddress(option: string, text: string): ListenAddress {
  const parts = /^(?:(\[[0-9a-f:.]+\]|[a-z0-9_.-]*):)?(\d{1,5})$/i.exec(text)
  if (parts === null) throw new OptionError(option, text, right)
  const port = Number(parts[2])
  if (port > 65535) throw new OptionError(option, text, 'a port is at most 65535')
  const given = parts[1] ?? '127.0.0.1'
  if (given === '') return { host: allAddresses(), port }
  if (!given.startsWith('[')) return { host: given, port }
  const host = given.slice(1, -1)
  if (!isIPv6(host)) throw new OptionError(option, text, right)
  return { host, port }
}

/** `::` takes IPv4 too, but not every container has IPv6. */
function allAddresses(): string {
  const hasIPv6 = Object.values(networkInterfaces()).some((its) => its?.some(({ family }) => family === 'IPv6'))
  return hasIPv6 ? '::' : '0.0.0.0'
}

/** The URL at which a person on this machine reaches it. */
export function urlOf({ host, port }: ListenAddress): string {
  if (host === '0.0.0.0' || host === '::') return `http://localhost:${port}`
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`
}
