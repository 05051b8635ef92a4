export type Field = readonly [name: string, value: string]

/** So that a large body does not count as memory of a proxy in the same process. */
export const keptBytes = 2_000_000

/** An HTTP/1 message as it came over the wire. Text is latin1: one character, one byte. */
export class Message {
  /** Start line and fields with their line ends, without the empty line. */
  readonly head: string
  readonly startLine: string
  readonly fields: readonly Field[]
  readonly interim: readonly Message[]
  /** Body bytes that came, kept or not. */
  length = 0
  readonly #kept: Buffer[] = []
  trailers: readonly Field[] = []
  /** True when the framing says that all of it came. False for good when the connection ended first. */
  complete = false

  constructor(head: string, interim: readonly Message[] = []) {
    this.head = head
    this.interim = interim
    const [startLine = '', ...lines] = head.split(/\r?\n/)
    this.startLine = startLine
    this.fields = lines.filter((line) => line !== '').map(readField)
  }

  get method(): string {
    return this.startLine.split(' ')[0] ?? ''
  }

  get target(): string {
    return this.startLine.split(' ')[1] ?? ''
  }

  get status(): number {
    return Number(this.startLine.split(' ')[1])
  }

  get reason(): string {
    return this.startLine.split(' ').slice(2).join(' ')
  }

  /** The body; of a large one its first megabytes. */
  get body(): string {
    return Buffer.concat(this.#kept).toString('latin1')
  }

  add(chunk: Buffer): void {
    if (this.length < keptBytes) this.#kept.push(chunk)
    this.length += chunk.length
  }

  /** Every value of a field, in order. `name` in lower case. */
  values(name: string): string[] {
    return this.fields.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
  }

  /** All lines of a field joined by a comma, or undefined. */
  value(name: string): string | undefined {
    const values = this.values(name)
    return values.length === 0 ? undefined : values.join(', ')
  }
}

function readField(line: string): Field {
  const colon = line.indexOf(':')
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).trim()]
}
