import { isIP } from 'node:net'
import type { Client } from '../contract/target.ts'
import { normaliseAddress } from './address.ts'
import type { CidrSet } from './cidr.ts'

/** Entries of X-Forwarded-For or Forwarded that are looked at, from the right. */
const mostEntries = 50
/** A Forwarded element with long names in it is still far below this. */
const longestEntry = 1024

/**
 * Who is asking. A peer outside `trusted` is the client, whatever it says. From a trusted peer, X-Forwarded-For is read
 * from the right, over trusted addresses, to the first that is not: each entry was written by the hop to its right, so
 * nothing left of an untrusted one is believed. Garbage ends the walk too. Without X-Forwarded-For, `for=` of Forwarded
 * (RFC 7239) in the same way.
 * @param peerAddress of the socket, taken when it connected: undefined means a Unix socket, not one that has gone
 */
export function identifyClient(
  peerAddress: string | undefined,
  peerPort: number | undefined,
  rawFields: readonly string[],
  trusted: CidrSet | undefined,
): Client {
  const peer = peerAddress === undefined ? '' : normaliseAddress(peerAddress)
  const port = peerPort ?? 0
  if (trusted === undefined || !trusted.has(peer)) return { ip: peer, port, peer, trusted: false }

  const standard = !hasField(rawFields, 'x-forwarded-for')
  const client = { ip: peer, port, peer, trusted: true }
  const entries = new Entries(rawFields, standard ? 'forwarded' : 'x-forwarded-for')
  for (let i = 0; i < mostEntries; i++) {
    const entry = entries.previous()
    if (entry === undefined) break
    // RFC 9110 5.6.1: empty members of a list say nothing.
    if (entry === '') continue
    const node = standard ? parameter(entry, 'for') : entry
    if (node === undefined || !takeNode(node, client)) break
    if (!trusted.has(client.ip)) break
  }
  return client
}

/** The scheme that a trusted peer says the client used: the last X-Forwarded-Proto, else the last `proto=` of Forwarded. */
export function trustedScheme(client: Client, rawFields: readonly string[]): 'http' | 'https' | undefined {
  const said = client.trusted ? lastSaid(rawFields, 'x-forwarded-proto', 'proto')?.toLowerCase() : undefined
  // Some proxies write the scheme of a WebSocket URL.
  if (said === 'https' || said === 'wss') return 'https'
  return said === 'http' || said === 'ws' ? 'http' : undefined
}

/**
 * The authority that a trusted peer says the client asked for: the last X-Forwarded-Host, else the last `host=` of
 * Forwarded. As written: the caller checks its syntax.
 */
export function trustedHost(client: Client, rawFields: readonly string[]): string | undefined {
  return client.trusted ? lastSaid(rawFields, 'x-forwarded-host', 'host') : undefined
}

function lastSaid(rawFields: readonly string[], field: string, standard: string): string | undefined {
  if (hasField(rawFields, field)) return new Entries(rawFields, field).previous()
  const element = new Entries(rawFields, 'forwarded').previous()
  return element === undefined ? undefined : parameter(element, standard)
}

function hasField(rawFields: readonly string[], name: string): boolean {
  for (let i = 0; i < rawFields.length; i += 2) if (isNamed(rawFields[i] as string, name)) return true
  return false
}

const isNamed = (field: string, name: string): boolean => field.length === name.length && field.toLowerCase() === name

/**
 * Members of a list field, all its lines taken together, from the last to the first. From the right because the right end
 * is ours: a quote that a client left open at the left must not swallow what trusted proxies appended.
 */
class Entries {
  readonly #rawFields: readonly string[]
  readonly #name: string
  #field: number
  #value = ''
  #end = -1

  constructor(rawFields: readonly string[], name: string) {
    this.#rawFields = rawFields
    this.#name = name
    this.#field = rawFields.length
  }

  /** Trimmed. A member that is too long to be looked at comes as a lone quote: garbage to every reader. */
  previous(): string | undefined {
    while (this.#end === -1) {
      this.#field -= 2
      if (this.#field < 0) return undefined
      if (!isNamed(this.#rawFields[this.#field] as string, this.#name)) continue
      this.#value = this.#rawFields[this.#field + 1] as string
      this.#end = this.#value.length
    }
    const end = this.#end
    const comma = commaBefore(this.#value, end)
    this.#end = comma
    return end - comma > longestEntry ? '"' : this.#value.slice(comma + 1, end).trim()
  }
}

/** The last comma before `end` that stands outside of quotes, or -1. */
function commaBefore(value: string, end: number): number {
  let quoted = false
  for (let i = end - 1; i >= 0; i--) {
    const c = value.charCodeAt(i)
    if (c === 0x22 && value.charCodeAt(i - 1) !== 0x5c) quoted = !quoted
    else if (c === 0x2c && !quoted) return i
  }
  return -1
}

// RFC 7239 4: token "=" ( token / quoted-string ). Sticky, each part ends where the next must begin: no backtracking.
const pair = /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;=]+))[ \t]*(?:;|$)/y

/** One parameter of a Forwarded element; undefined when it is absent, there twice, or the element is malformed. */
function parameter(element: string, name: string): string | undefined {
  let found: string | undefined
  pair.lastIndex = 0
  while (pair.lastIndex < element.length) {
    const parts = pair.exec(element)
    if (parts === null) return undefined
    if (!isNamed(parts[1] as string, name)) continue
    if (found !== undefined) return undefined
    found = parts[3] ?? (parts[2] as string).replace(/\\(.)/g, '$1')
  }
  return found
}

const bracketed = /^\[([0-9A-Fa-f:.]+)\](?::([0-9]{1,5}|[._0-9A-Za-z-]+))?$/
const withPort = /^([0-9.]+):([0-9]{1,5}|[._0-9A-Za-z-]+)$/

/** Reads a node (RFC 7239 6), or a bare address, into `client`. False for `unknown`, obfuscated names and garbage. */
function takeNode(node: string, client: { ip: string; port: number }): boolean {
  const parts = isIP(node) === 0 ? (bracketed.exec(node) ?? withPort.exec(node)) : null
  const address = parts === null ? node : (parts[1] as string)
  if (isIP(address) === 0) return false
  const port = Number(parts?.[2] ?? 0)
  client.ip = normaliseAddress(address)
  client.port = port > 0 && port <= 65_535 ? port : 0
  return true
}
