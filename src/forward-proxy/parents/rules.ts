import { isIP } from 'node:net'
import { knownKeys, nearest, OptionError } from '../../contract/options.ts'
import { compileDestinations, type Destinations } from '../guard/destinations.ts'
import type { Way } from './ways.ts'

/** For whom a way is wanted, and where to. */
export interface ParentAsk {
  /** Of the target: canonical, without brackets. */
  readonly host: string
  readonly port: number
  /** The user, once it is proved. */
  readonly user: string | undefined
  readonly groups: readonly string[]
  /** Address of the client; stands in for a user who is not known. */
  readonly client: string
}

/** Where exchanges go that meet all conditions of the rule. The first such rule counts. */
export interface ParentRule {
  /**
   * `'example.com'`, `'.example.com'` (with all below it), `'10.0.0.0/8'`, each with `:port` if wanted. Blocks are met by
   * targets that are written as addresses: names are not resolved for this.
   */
  readonly to?: readonly string[]
  readonly users?: readonly string[]
  /** One of them is enough. */
  readonly groups?: readonly string[]
  /** Names of ways, `'direct'` for none, `'deny'` for a refusal. */
  readonly use: string | readonly string[]
}

/** What the rules say: ways to choose from, or a word. */
export type Route = readonly Way[] | 'direct' | 'deny'

const keys: readonly (keyof ParentRule)[] = ['to', 'users', 'groups', 'use']

/**
 * Compiles rules. What no rule speaks of may go any way.
 * @throws OptionError that names the bad rule
 */
export function compileRules(
  option: string,
  rules: readonly ParentRule[] | undefined,
  ways: readonly Way[],
): (ask: ParentAsk) => Route {
  if (rules === undefined) return () => ways
  if (!Array.isArray(rules)) throw new OptionError(option, rules, 'give a list of rules')
  const compiled = rules.map((rule, i) => compile(`${option}[${i}]`, rule, ways))
  return function route(ask) {
    for (const rule of compiled) if (meets(rule, ask)) return rule.route
    return ways
  }
}

interface Compiled {
  readonly to: Destinations | undefined
  readonly users: ReadonlySet<string> | undefined
  readonly groups: ReadonlySet<string> | undefined
  readonly route: Route
}

function compile(option: string, rule: ParentRule, ways: readonly Way[]): Compiled {
  knownKeys(option, rule, keys)
  return {
    to: rule.to === undefined ? undefined : compileDestinations(`${option}.to`, rule.to),
    users: names(`${option}.users`, rule.users),
    groups: names(`${option}.groups`, rule.groups),
    route: readUse(`${option}.use`, rule.use, ways),
  }
}

function meets({ to, users, groups }: Compiled, ask: ParentAsk): boolean {
  if (users !== undefined && (ask.user === undefined || !users.has(ask.user))) return false
  if (groups !== undefined && !ask.groups.some((group) => groups.has(group))) return false
  if (to === undefined) return true
  return to.hasHost(ask.host, ask.port) || (isIP(ask.host) !== 0 && to.hasAddress(ask.host, ask.port))
}

function readUse(option: string, use: unknown, ways: readonly Way[]): Route {
  if (use === 'direct' || use === 'deny') return use
  const list: readonly unknown[] = Array.isArray(use) ? use : [use]
  if (list.length === 0) throw new OptionError(option, use, useRight)
  return list.map((name) => {
    const found = ways.find((way) => way.name === name)
    if (found !== undefined) return found
    const near =
      typeof name === 'string' ? nearest(name, [...ways.map((way) => way.name), 'direct', 'deny']) : undefined
    throw new OptionError(option, name, near === undefined ? useRight : `no way has this name. Did you mean '${near}'?`)
  })
}

const useRight = "give names of parents, 'direct' or 'deny'"

function names(option: string, list: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (list === undefined) return undefined
  // An empty list would be met by nobody, and a rule that was to deny would not.
  if (!Array.isArray(list) || list.length === 0 || list.some((name) => typeof name !== 'string' || name === '')) {
    throw new OptionError(option, list, 'give a list of names')
  }
  return new Set(list)
}
