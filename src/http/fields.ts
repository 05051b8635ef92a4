/** The fields of a flat array but those of these names (lower case). A new array. */
export function withoutFields(fields: readonly string[], names: ReadonlySet<string>): string[] {
  const rest: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (!names.has(name.toLowerCase())) rest.push(name, fields[i + 1] as string)
  }
  return rest
}
