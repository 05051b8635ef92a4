/** The groups of each user. */
export type Groups = ReadonlyMap<string, readonly string[]>

/**
 * Reads the text of a file of groups in Apache's format: lines of `group: user user`, several lines of one group add up;
 * empty lines and those that begin with `#` are left out.
 * @throws an Error that names file and line
 */
export function parseGroups(where: string, text: string): Groups {
  const found = new Map<string, string[]>()
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = (lines[i] as string).trim()
    if (line === '' || line.startsWith('#')) continue
    const colon = line.indexOf(':')
    const group = line.slice(0, Math.max(0, colon)).trim()
    if (group === '' || /[\s\x00-\x1f\x7f]/.test(group)) {
      throw new Error(`${where}:${i + 1}: the line is not of the form group: user user`)
    }
    for (const user of line.slice(colon + 1).split(/\s+/)) {
      if (user === '') continue
      const groups = found.get(user) ?? []
      if (!groups.includes(group)) groups.push(group)
      found.set(user, groups)
    }
  }
  return found
}
