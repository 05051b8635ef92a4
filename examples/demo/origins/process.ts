import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A server in a process of its own: one that can really be killed. Killed, it comes back on its port after a while. */
export interface OriginProcess {
  readonly name: string
  readonly url: string
  /** Undefined while it is dead. */
  readonly pid: number | undefined
  /** `kill -9`. */
  kill(): void
  /** For good. */
  stop(): Promise<void>
}

export interface ProcessOptions {
  /** Milliseconds that it stays dead. */
  readonly restartAfter: number
  readonly tell: (text: string) => void
}

const script = fileURLToPath(new URL('api-process.ts', import.meta.url))

/** Starts an instance of the API and waits until it listens. */
export async function startProcess(name: string, { restartAfter, tell }: ProcessOptions): Promise<OriginProcess> {
  let url = ''
  let child: ChildProcess | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function start(): Promise<void> {
    const port = url === '' ? '0' : new URL(url).port
    const started = fork(script, [name, port], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    child = started
    started.once('exit', (_, signal) => {
      child = undefined
      if (stopped) return
      tell(`${name} is dead (${signal ?? 'ended'}); it comes back in ${restartAfter / 1000} s`)
      timer = setTimeout(start, restartAfter)
    })
    const [where] = await once(started, 'message')
    if (url !== '') tell(`${name} runs again, pid ${started.pid}`)
    url = where as string
  }

  await start()
  return {
    name,
    get url() {
      return url
    },
    get pid() {
      return child?.pid
    },
    kill() {
      child?.kill('SIGKILL')
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      if (child === undefined) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
