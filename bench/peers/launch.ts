import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { MemoryReport } from './entry.ts'

/** A process of the bench that listens on a loopback port. */
export interface Running {
  readonly pid: number
  readonly port: number
  readonly child: ChildProcess
  stop(): Promise<void>
}

export interface LaunchOptions {
  /** The processor it must stay on. */
  readonly core: number
  /** Flags for Node itself, such as `--expose-gc`. */
  readonly nodeFlags?: readonly string[]
  /** File that takes its standard output. @default thrown away */
  readonly output?: string
}

/** A run that is cut short takes its children along; those that are no Node would not notice. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGTERM')
})
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

export function onPath(program: string): boolean {
  return spawnSync('which', [program], { stdio: 'ignore' }).status === 0
}

/** The command that runs another one on a single processor. */
export function pinned(core: number, command: string, args: readonly string[]): [string, string[]] {
  return onPath('taskset') ? ['taskset', ['-c', String(core), command, ...args]] : [command, [...args]]
}

/** Starts a module of this bench with the Node that runs now, and waits for its port. */
export async function launchNode(file: URL, args: readonly string[], options: LaunchOptions): Promise<Running> {
  const [command, all] = pinned(options.core, process.execPath, [...(options.nodeFlags ?? []), file.pathname, ...args])
  const output = options.output === undefined ? undefined : openSync(options.output, 'a')
  const child = owned(
    spawn(command, all, {
      stdio: ['ignore', output ?? 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production' },
    }),
  )
  if (output !== undefined) closeSync(output)
  const { port } = (await answerFrom(child, file.pathname)) as { port: number }
  return running(child, port)
}

/** Starts any other server; `port` is known beforehand. Ready when it accepts a connection. */
export async function launchProgram(
  command: string,
  args: readonly string[],
  port: number,
  core: number,
): Promise<Running> {
  const [program, all] = pinned(core, command, args)
  const child = owned(spawn(program, all, { stdio: ['ignore', 'ignore', 'inherit'] }))
  await once(child, 'spawn')
  for (let tries = 0; !(await accepts(port)); tries++) {
    if (child.exitCode !== null || tries === 100) throw new Error(`${command} does not listen on port ${port}`)
    await setTimeout(50)
  }
  return running(child, port)
}

/** A port that was free a moment ago, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

export async function memoryOf(proxy: Running): Promise<MemoryReport> {
  proxy.child.send('memory')
  const { memory } = (await answerFrom(proxy.child, 'the proxy')) as { memory: MemoryReport }
  return memory
}

async function answerFrom(child: ChildProcess, name: string): Promise<unknown> {
  const gone = new AbortController()
  const exited = (code: number | null) => gone.abort(new Error(`${name} ended with code ${code} before it answered`))
  child.once('exit', exited)
  try {
    const [message] = await once(child, 'message', { signal: gone.signal })
    return message
  } catch (error) {
    throw gone.signal.aborted ? gone.signal.reason : error
  } finally {
    child.off('exit', exited)
  }
}

function owned(child: ChildProcess): ChildProcess {
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

function running(child: ChildProcess, port: number): Running {
  if (child.pid === undefined) throw new Error('the process did not start')
  return {
    pid: child.pid,
    port,
    child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const late = globalThis.setTimeout(() => child.kill('SIGKILL'), 3000)
      await ended
      clearTimeout(late)
    },
  }
}
