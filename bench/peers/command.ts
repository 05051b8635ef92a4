import { InvalidArgumentError } from 'commander'

/** An argument that is a whole number from 1 up. */
export function readCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('a whole number from 1 up is needed')
  return count
}

/** An argument that is a list with commas, each member read by `read`, which throws for what is none. */
export function readList<T>(read: (text: string) => T): (text: string) => T[] {
  return (text) => {
    try {
      return text.split(',').map((one) => read(one))
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message)
    }
  }
}

/** One line on a terminal, a line each elsewhere: how many stretches of load are done, and what comes. */
export function progress(done: number, total: number, what: string): void {
  const line = `[${done}/${total}] ${what}`
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
  if (process.stderr.isTTY && done === total - 1) process.stderr.write('\n')
}
