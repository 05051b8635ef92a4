import type { Target } from '../contract/target.ts'
import { isHostOf, isSchemeOf } from './same-target.ts'

/**
 * Forwarded (RFC 7239) without every `host` and `proto` that says something else than the target; the same text when they
 * all agree. Undefined when nothing is left, or when a quoted string in it is left open.
 */
export function agreedForwarded(value: string, target: Target): string | undefined {
  let kept = ''
  let changed = false
  for (const element of split(value, ',') ?? [undefined]) {
    const pairs = element === undefined ? undefined : split(element, ';')
    if (pairs === undefined) return undefined
    const agreed = pairs.filter((pair) => agrees(pair.trim(), target))
    if (agreed.length !== pairs.length) changed = true
    if (agreed.length > 0) kept += `${kept === '' ? '' : ','}${agreed.join(';')}`
  }
  return changed ? kept.trim() || undefined : value
}

function agrees(pair: string, target: Target): boolean {
  const equals = pair.indexOf('=')
  if (equals === -1) return pair === ''
  const name = pair.slice(0, equals).trimEnd().toLowerCase()
  if (name !== 'host' && name !== 'proto') return true
  const text = pair.slice(equals + 1).trimStart()
  const value = text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text
  return name === 'host' ? isHostOf(value, target) : isSchemeOf(value, target)
}

/** At a separator outside of quoted strings. Undefined when one is left open. */
function split(text: string, separator: ',' | ';'): string[] | undefined {
  if (!text.includes('"')) return text.split(separator)
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === '"') quoted = !quoted
    else if (char === '\\' && quoted) i++
    else if (char === separator && !quoted) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  if (quoted) return undefined
  parts.push(text.slice(start))
  return parts
}
