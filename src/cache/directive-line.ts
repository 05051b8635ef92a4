import { isTokenChar } from '../http/chars.ts'

/** A member of Cache-Control or Surrogate-Control. */
export interface Directive {
  /** Lower case. */
  readonly name: string
  /** Token, or what the quotes hold; undefined when there is no `=`. */
  readonly value: string | undefined
  /** Lower-case devices behind `;`. */
  readonly targets: readonly string[]
}

/** A line, read with suspicion. */
export interface DirectiveLine {
  /** What the grammar has: `token [ "=" ( token / quoted-string ) ]`, RFC 9111 5.2. */
  readonly directives: readonly Directive[]
  /**
   * Lower-case words of everything else, wherever a reader that is less strict could see a directive. What a quoted argument
   * holds is not among them, unless it has a backslash: some read over those, some do not.
   */
  readonly words: readonly string[]
  /** A quote is not closed: nobody knows what the rest is. Its words are in `words`. */
  readonly open: boolean
}

/** @param withTargets a directive may have `;device` behind it (Surrogate-Control); else a semicolon is an oddity */
export function readDirectiveLine(line: string, withTargets: boolean): DirectiveLine {
  const directives: Directive[] = []
  const words: string[] = []
  let open = false
  let at = skipSeparators(line, 0)
  while (at < line.length) {
    const end = readDirective(line, at, withTargets, directives, words)
    if (end !== -1) {
      at = skipSeparators(line, end)
      continue
    }
    at = readOddity(line, at, words)
    if (at === -1) {
      open = true
      break
    }
    at = skipSeparators(line, at)
  }
  return { directives, words, open }
}

/** Reads one member of the grammar; gives where it ends, at a comma or at the end of the line. -1 when it is none. */
function readDirective(
  line: string,
  start: number,
  withTargets: boolean,
  directives: Directive[],
  words: string[],
): number {
  let at = endOfToken(line, start)
  if (at === start) return -1
  const name = line.slice(start, at).toLowerCase()
  let value: string | undefined
  let escapes = false
  if (line.charCodeAt(at) === equals) {
    const from = at + 1
    if (line.charCodeAt(from) === quote) {
      at = endOfQuoted(line, from)
      if (at === -1) return -1
      value = line.slice(from + 1, at - 1)
      escapes = value.includes('\\')
    } else {
      at = endOfToken(line, from)
      value = line.slice(from, at)
    }
  }
  let targets = noTargets
  at = skipSpaces(line, at)
  while (withTargets && line.charCodeAt(at) === semicolon) {
    const from = skipSpaces(line, at + 1)
    at = endOfToken(line, from)
    if (at === from) return -1
    targets = [...targets, line.slice(from, at).toLowerCase()]
    at = skipSpaces(line, at)
  }
  if (at < line.length && line.charCodeAt(at) !== comma) return -1
  if (escapes && value !== undefined) {
    addWords(value, 0, value.length, words)
    value = value.replace(/\\(.)/g, '$1')
  }
  directives.push({ name, value, targets })
  // `'private'` and `.private` are tokens of nobody's.
  if (!isPlainName(name)) addWords(name, 0, name.length, words)
  return at
}

/** Takes the words up to the next comma outside of quotes; gives where it stands, -1 when a quote is not closed. */
function readOddity(line: string, start: number, words: string[]): number {
  let at = start
  while (at < line.length && line.charCodeAt(at) !== comma) {
    if (line.charCodeAt(at) !== quote) {
      at++
      continue
    }
    at = endOfQuoted(line, at)
    if (at === -1) break
  }
  addWords(line, start, at === -1 ? line.length : at, words)
  return at
}

function addWords(text: string, start: number, end: number, words: string[]): void {
  let from = start
  for (let i = start; i <= end; i++) {
    if (i < end && isWordChar(text.charCodeAt(i))) continue
    if (i > from) words.push(text.slice(from, i).toLowerCase())
    from = i + 1
  }
}

function isPlainName(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (!isWordChar(name.charCodeAt(i))) return false
  return true
}

function isWordChar(code: number): boolean {
  const lower = code | 0x20
  return (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f
}

function endOfToken(line: string, start: number): number {
  let at = start
  while (isTokenChar[line.charCodeAt(at)] === 1) at++
  return at
}

/** Behind the quote that closes the one at `start`; -1 when none does. */
function endOfQuoted(line: string, start: number): number {
  for (let i = start + 1; i < line.length; i++) {
    const code = line.charCodeAt(i)
    if (code === quote) return i + 1
    if (code === backslash) i++
  }
  return -1
}

function skipSpaces(line: string, start: number): number {
  let at = start
  while (line.charCodeAt(at) === 0x20 || line.charCodeAt(at) === 0x09) at++
  return at
}

function skipSeparators(line: string, start: number): number {
  let at = start
  while (line.charCodeAt(at) === comma || line.charCodeAt(at) === 0x20 || line.charCodeAt(at) === 0x09) at++
  return at
}

const noTargets: readonly string[] = []
const quote = 0x22
const comma = 0x2c
const semicolon = 0x3b
const equals = 0x3d
const backslash = 0x5c
