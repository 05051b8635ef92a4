import { OptionError } from '../../contract/options.ts'

/** Ports that may be reached. */
export interface PortSet {
  has(port: number): boolean
}

/** `'any'`, or ports and ranges: `[443, '8000-8100']`. */
export type PortsOption = 'any' | readonly (number | string)[]

const byDefault = [80, 443, 8080, 8443] as const

/**
 * Ports from an option. Not for all by default: port 25 of a mail server behind a proxy is how spam is sent.
 * @param given a list, `'any'`, or text as on a command line: `'80,443,8000-8100'`. @default 80, 443, 8080, 8443
 * @throws OptionError that names what is no port
 */
export function readPorts(option: string, given: PortsOption | string | undefined): PortSet {
  if (given === 'any') return { has: (port) => port >= 1 && port <= 65_535 }
  const list = typeof given === 'string' ? given.split(',') : (given ?? byDefault)
  if (!Array.isArray(list) || list.length === 0) throw new OptionError(option, given, right)
  const allowed = new Uint8Array(65_536)
  for (const entry of list as readonly (number | string)[]) {
    const [first, last] = rangeOf(option, entry)
    allowed.fill(1, first, last + 1)
  }
  return { has: (port) => allowed[port] === 1 }
}

const right = "give ports and ranges such as [443, '8000-8100'], or 'any'"

function rangeOf(option: string, entry: number | string): readonly [number, number] {
  const parts = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(entry).trim())
  const first = Number(parts?.[1])
  const last = Number(parts?.[2] ?? first)
  if (!(first >= 1 && first <= last && last <= 65_535)) throw new OptionError(option, entry, right)
  return [first, last]
}
