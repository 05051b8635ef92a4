import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { root } from './imports.ts'

export interface Child {
  readonly process: ChildProcess
  /** Everything written so far, both streams. */
  output(): string
  /** First match in what is written, now or later. */
  says(what: RegExp): Promise<RegExpExecArray>
  /** The exit code, once it has ended by itself. */
  ends(): Promise<number | null>
  /** Sends the signal and gives the exit code; null when the signal killed it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Runs a script of the checkout with this same Node. */
export function startChild(
  script: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Child {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit') as Promise<[number | null]>
  let text = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      text += `${line}\n`
      for (const listener of listeners) listener()
    })
  }

  return {
    process: child,
    output: () => text,
    says(what) {
      return new Promise((resolve, reject) => {
        const giveUp = setTimeout(() => end(new Error(`no ${what} within 20 s in:\n${text}`)), 20_000)
        const end = (result: RegExpExecArray | Error): void => {
          clearTimeout(giveUp)
          listeners.delete(look)
          result instanceof Error ? reject(result) : resolve(result)
        }
        const look = (): void => {
          const match = what.exec(text)
          if (match !== null) end(match)
        }
        listeners.add(look)
        exited.then(([code]) => setImmediate(() => end(new Error(`ended with ${code} before ${what} in:\n${text}`))))
        look()
      })
    },
    async ends() {
      const [code] = await exited
      return code
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      const [code] = await exited
      return code
    },
  }
}
