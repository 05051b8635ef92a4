import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whereIs } from './programs.ts'

export interface RedisServer {
  /** `redis://127.0.0.1:port`. */
  readonly url: string
  readonly port: number
  /** The same server on a Unix socket. */
  readonly socketUrl: string
  /** SIGKILL: every connection breaks, and what was not written to disk is lost. */
  kill(): Promise<void>
  /** Begins again on the same port. */
  restart(): Promise<void>
  /** It hangs: connections stand, nothing is answered. */
  hang(): void
  goOn(): void
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

/** A redis-server of its own in a folder of its own, without persistence unless `settings` say so. */
export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  const program = whereIs('redis-server') as string
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-redis-'))
  const port = await freePort()
  const socket = join(folder, 'redis.sock')
  const lines = ['bind 127.0.0.1', `port ${port}`, `unixsocket ${socket}`, `dir ${folder}`, 'save ""', 'daemonize no']
  const file = join(folder, 'redis.conf')
  await writeFile(file, [...lines, ...settings, ''].join('\n'))
  let child: ChildProcess | undefined

  const killLast = (): void => void child?.kill('SIGKILL')
  process.once('exit', killLast)

  async function start(): Promise<void> {
    child = spawn(program, [file], { stdio: 'ignore' })
    await untilListening(port)
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined) return
    const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
    child.kill(signal)
    await exited
    child = undefined
  }

  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    socketUrl: `unix://${socket}`,
    kill: () => end('SIGKILL'),
    restart: start,
    hang: () => child?.kill('SIGSTOP'),
    goOn: () => child?.kill('SIGCONT'),
    async stop() {
      await end('SIGKILL')
      process.off('exit', killLast)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const socket = connect(port, '127.0.0.1')
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (connected) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`redis-server does not listen on ${port}`)
}
