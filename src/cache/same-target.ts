import type { Target } from '../contract/target.ts'
import { parseAuthority } from '../http/authority.ts'

/** Is this, in any spelling, the host and port of the target? */
export function isHostOf(value: string, target: Target): boolean {
  const authority = parseAuthority(value)
  return authority?.host === target.host && (authority.port ?? schemePort(target)) === portOf(target)
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
