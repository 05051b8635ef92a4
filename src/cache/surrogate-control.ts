import { type Directive, type DirectiveLine, readDirectiveLine } from './directive-line.ts'

/**
 * Surrogate-Control (W3C Edge Architecture, 2001) in the terms of Cache-Control; undefined when it has nothing for us. What is
 * targeted at another device does not count. Where something is targeted at us, what is for everybody does not count either.
 * `max-age=60+30`: fresh for 60 seconds, for 30 more to be used while it is validated. `no-store-remote` is `no-store`: who
 * knows where we stand.
 * @param device our device token
 */
export function readSurrogateControl(lines: readonly string[], device: string): DirectiveLine | undefined {
  if (lines.length === 0) return undefined
  const token = device.toLowerCase()
  const read = lines.map((line) => readDirectiveLine(line, true))
  const all = read.flatMap((line) => line.directives).filter(({ name }) => names.has(name))
  const ours = all.filter(({ targets }) => targets.includes(token))
  const directives = ours.length > 0 ? ours : all.filter(({ targets }) => targets.length === 0)
  const words = read.flatMap((line) => line.words).filter((word) => names.has(word))
  const open = read.some((line) => line.open)
  if (directives.length === 0 && words.length === 0 && !open) return undefined
  return { directives: directives.flatMap(withExtension), words: words.map(translated), open }
}

function withExtension(directive: Directive): Directive[] {
  const { name, value, targets } = directive
  const plus = name === 'max-age' && value !== undefined ? value.indexOf('+') : -1
  if (value === undefined || plus === -1) return [{ ...directive, name: translated(name) }]
  return [
    { name, value: value.slice(0, plus), targets },
    { name: 'stale-while-revalidate', value: value.slice(plus + 1), targets },
  ]
}

function translated(name: string): string {
  return name === 'no-store-remote' ? 'no-store' : name
}

/** `content` tells what to do with the content, not how long to keep it. */
const names: ReadonlySet<string> = new Set([
  'max-age',
  'no-store',
  'no-store-remote',
  // Not in the note; what CDNs take all the same.
  'must-revalidate',
  'no-cache',
  'private',
  'stale-if-error',
  'stale-while-revalidate',
])
