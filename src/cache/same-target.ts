import type { Target } from '../contract/target.ts'
import { parseAuthority } from '../http/authority.ts'

/** Is this the host and port of the target? In any spelling, but for the dot of the root: browsers take that for another. */
export function isHostOf(value: string, target: Target): boolean {
  const authority = parseAuthority(value)
  if (authority?.host !== target.host || (authority.port ?? schemePort(target)) !== portOf(target)) return false
  const end = target.host.length
  return (value.charCodeAt(end) === dot) === (target.authority.charCodeAt(end) === dot)
}

/** Is this the scheme of the target? */
export function isSchemeOf(value: string, target: Target): boolean {
  return value.toLowerCase() === target.scheme
}

/** Is this the port of the target? */
export function isPortOf(value: string, target: Target): boolean {
  return value === String(portOf(target))
}

/** The port, that of the scheme where none is named. */
export function portOf(target: Target): number {
  return target.port ?? schemePort(target)
}

function schemePort({ scheme }: Target): number {
  return scheme === 'https' ? 443 : 80
}

const dot = 0x2e
