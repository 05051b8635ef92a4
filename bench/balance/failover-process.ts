import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Reply } from './failover-child.ts'

/** A process of the bench: it listens on a loopback port, and can be asked for things. */
export interface Process {
  readonly pid: number
  readonly port: number
  /** @throws Error what the other side threw, or that it is gone */
  call<T = void>(name: string, ...args: readonly unknown[]): Promise<T>
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>
}

/** No run leaves a process behind, however it ends; a child whose parent was killed ends by itself. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

/** Starts a script beside this file with the Node that runs now, and waits for its port. */
export async function startProcess(script: string, settings: object): Promise<Process> {
  const child = fork(new URL(script, import.meta.url), [JSON.stringify(settings)], {
    execArgv: [],
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  children.add(child)
  const waiting = new Map<number, (reply: { value?: unknown; error?: string }) => void>()
  let calls = 0
  let ended = false
  const exit = once(child, 'exit').then(([code, signal]) => {
    ended = true
    children.delete(child)
    for (const settle of waiting.values()) settle({ error: `${script} ended by ${signal ?? code}` })
    waiting.clear()
  })

  const port = await new Promise<number>((resolve, reject) => {
    exit.then(() => reject(new Error(`${script} ended before it listened`)))
    child.on('message', (reply: Reply) => {
      if ('ready' in reply) {
        resolve(reply.ready)
        return
      }
      waiting.get(reply.call)?.(reply)
      waiting.delete(reply.call)
    })
  })

  return {
    pid: child.pid as number,
    port,
    call<T>(name: string, ...args: readonly unknown[]) {
      return new Promise<T>((resolve, reject) => {
        if (ended) {
          reject(new Error(`${script} has ended`))
          return
        }
        const call = calls++
        waiting.set(call, ({ value, error }) => (error === undefined ? resolve(value as T) : reject(new Error(error))))
        child.send({ call, name, args })
      })
    },
    async kill() {
      if (!ended) child.kill('SIGKILL')
      await exit
    },
  }
}
