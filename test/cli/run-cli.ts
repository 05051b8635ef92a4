import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { type Child, startChild } from '../support/child.ts'
import { root } from '../support/imports.ts'

export const main = 'src/cli/main.ts'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line that ends by itself. */
export async function runCli(args: readonly string[], cwd = root): Promise<Ended> {
  const child: ChildProcess = spawn(process.execPath, [join(root, main), ...args], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const giveUp = setTimeout(() => child.kill('SIGKILL'), 20_000)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream as never),
    text(child.stderr as NodeJS.ReadableStream as never),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  clearTimeout(giveUp)
  return { code, stdout, stderr }
}

/** Starts `sallyport reverse` on a free port and waits until it says where. Ended when the test ends. */
export async function startReverse(t: TestContext, args: readonly string[]): Promise<{ child: Child; url: string }> {
  const child = startChild(main, ['reverse', '--listen', '127.0.0.1:0', ...args])
  t.after(() => child.stop('SIGKILL'))
  const [, url] = await child.says(/sallyport: (http:\/\/\S+) -> /)
  return { child, url: url as string }
}
