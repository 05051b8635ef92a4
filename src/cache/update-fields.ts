/**
 * The stored fields of a response after a validation (RFC 9111 3.2), or after a HEAD that fits (4.3.5): each field of
 * `fresh` takes the place of all stored lines of its name; new ones come last; the others stay. Both are as `storedFields`
 * gives them.
 *
 * Left as they are: what the stored content is read by. Content-Length as the RFC says; Content-Encoding and Content-Range,
 * for the bytes that are stored are coded and cut as they are, Content-MD5 and the digests of content; ETag, for the tag that
 * selected the response is the one that its content has.
 */
export function updateFields(stored: readonly string[], fresh: readonly string[]): string[] {
  const places = new Map<string, string[]>()
  for (let i = 0; i < fresh.length; i += 2) {
    const name = (fresh[i] as string).toLowerCase()
    if (ofContent.has(name)) continue
    const lines = places.get(name)
    if (lines === undefined) places.set(name, [fresh[i] as string, fresh[i + 1] as string])
    else lines.push(fresh[i] as string, fresh[i + 1] as string)
  }
  const fields: string[] = []
  const written = new Set<string>()
  for (let i = 0; i < stored.length; i += 2) {
    const name = (stored[i] as string).toLowerCase()
    const lines = places.get(name)
    if (lines === undefined) {
      fields.push(stored[i] as string, stored[i + 1] as string)
    } else if (!written.has(name)) {
      written.add(name)
      fields.push(...lines)
    }
  }
  for (const [name, lines] of places) if (!written.has(name)) fields.push(...lines)
  return fields
}

const ofContent: ReadonlySet<string> = new Set([
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'etag',
])
