import { between, knownKeys, OptionError } from '../../contract/options.ts'
import type { UpstreamTls } from '../../contract/pool.ts'
import { bracketed } from '../target/canonical-host.ts'
import { type Parent, parseParent } from './parent.ts'

/** One way out, with a name of its own. */
export interface ParentOptions {
  /** For rules and logs; not `direct` or `deny`. @default the host and port of each parent of the way */
  readonly name?: string
  /** `http://`, `https://`, `socks5h://`, `socks5://`, `socks4a://` or `socks4://`, with `user:password@` if wanted. */
  readonly url?: string
  /** In place of `url`: several parents, the first one dialled by us and each of them by the one before it. */
  readonly chain?: readonly string[]
  /** Share of exchanges that go this way, beside the others. 1 to 1000. @default 1 */
  readonly weight?: number
  /** How to speak TLS to its `https` parents. */
  readonly tls?: UpstreamTls
}

/** A way out through one parent or several. Made once, compared by identity. */
export interface Way {
  readonly name: string
  readonly hops: readonly Parent[]
  readonly weight: number
}

const keys: readonly (keyof ParentOptions)[] = ['name', 'url', 'chain', 'weight', 'tls']
const right = "give URLs of proxies, lists of them (chains), or objects with 'url' or 'chain'"
const maxWays = 1024
const maxHops = 8

/**
 * Reads the ways out.
 * @throws OptionError that names the bad entry, never its credentials
 */
export function readWays(
  option: string,
  list: readonly (string | ParentOptions | readonly string[])[],
): readonly Way[] {
  if (!Array.isArray(list) || list.length === 0) throw new OptionError(option, list, right)
  if (list.length > maxWays) throw new OptionError(option, list, `give at most ${maxWays}`)
  const given = new Set<string>()
  const drafts = list.map((entry, i) => readWay(`${option}[${i}]`, entry))
  for (const { name } of drafts) {
    if (name === undefined) continue
    if (given.has(name)) throw new OptionError(option, name, 'two ways have this name')
    given.add(name)
  }
  return drafts.map(({ name, hops, weight }) => Object.freeze({ name: name ?? freeName(hops, given), hops, weight }))
}

interface Draft {
  readonly name: string | undefined
  readonly hops: readonly Parent[]
  readonly weight: number
}

function readWay(option: string, entry: string | ParentOptions | readonly string[]): Draft {
  if (typeof entry === 'string') return { name: undefined, hops: [parseParent(option, entry)], weight: 1 }
  if (isChain(entry)) return { name: undefined, hops: readChain(option, entry, undefined), weight: 1 }
  // A slip such as `ulr` has a URL with a password as its value.
  knownKeys(option, entry, keys, true)
  const { name, url, chain, tls } = entry
  if ((url === undefined) === (chain === undefined)) {
    throw new OptionError(`${option}.url`, undefined, "give either 'url' or 'chain'")
  }
  if (name !== undefined && (typeof name !== 'string' || !/^[\w.:-]{1,64}$/.test(name) || isReserved(name))) {
    const shown = typeof name === 'string' && name.includes('@') ? '(hidden)' : name
    throw new OptionError(
      `${option}.name`,
      shown,
      "give up to 64 letters, digits, '.', ':', '-', '_'; not direct or deny",
    )
  }
  return {
    name,
    hops: url === undefined ? readChain(`${option}.chain`, chain, tls) : [parseParent(`${option}.url`, url, tls)],
    weight: between(`${option}.weight`, entry.weight, 1, 1, 1000),
  }
}

function readChain(option: string, chain: unknown, tls: UpstreamTls | undefined): readonly Parent[] {
  if (!Array.isArray(chain) || chain.length === 0 || chain.length > maxHops) {
    throw new OptionError(option, Array.isArray(chain) ? chain : undefined, `give a list of 1 to ${maxHops} URLs`)
  }
  return Object.freeze(
    chain.map((url: string, i) => parseParent(`${option}[${i}]`, url, /^https:/i.test(String(url)) ? tls : undefined)),
  )
}

/** Parents that differ in their credentials alone are told apart by a number. */
function freeName(hops: readonly Parent[], given: Set<string>): string {
  const plain = hops.map(({ host, port }) => `${bracketed(host)}:${port}`).join('>')
  let name = plain
  for (let i = 2; given.has(name); i++) name = `${plain}#${i}`
  given.add(name)
  return name
}

const isReserved = (name: string): boolean => name === 'direct' || name === 'deny'

// Array.isArray does not narrow a readonly list.
const isChain = (entry: ParentOptions | readonly string[]): entry is readonly string[] => Array.isArray(entry)
