import { isField } from '../http/hop-by-hop.ts'

const mostTags = 128
const longestTag = 256
const none: readonly string[] = Object.freeze([])

/**
 * The tags by which a response may be purged: Surrogate-Key and xkey (separated by spaces), Cache-Tag (by commas), with case,
 * each once. At most 128 of at most 256 bytes each; what is beyond that is left out, and a purge does not find it.
 */
export function readTags(fields: readonly string[]): readonly string[] {
  let tags: Set<string> | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const separator = separatorOf(fields[i] as string)
    if (separator === undefined) continue
    for (const member of (fields[i + 1] as string).split(separator)) {
      const tag = member.trim()
      if (tag === '' || tag.length > longestTag) continue
      tags ??= new Set()
      if (tags.size === mostTags) return Object.freeze([...tags])
      tags.add(tag)
    }
  }
  return tags === undefined ? none : Object.freeze([...tags])
}

function separatorOf(name: string): RegExp | ',' | undefined {
  switch (name.length) {
    case 4:
      return isField(name, 'xkey') ? spaces : undefined
    case 9:
      return isField(name, 'cache-tag') ? ',' : undefined
    case 13:
      return isField(name, 'surrogate-key') ? spaces : undefined
    default:
      return undefined
  }
}

const spaces = /[ \t]/
