/** A list field so far and one more of its lines, as one value (RFC 9110 5.3). An empty line adds no member. */
export function withLine(list: string | undefined, line: string): string | undefined {
  if (line === '') return list
  return list === undefined ? line : `${list}, ${line}`
}
