import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whereIs } from './programs.ts'

/** A proxy of somebody else's making, on loopback. */
export interface ParentProgram {
  readonly port: number
  stop(): Promise<void>
}

/** SOCKS5 alone. */
export function startMicrosocks(user?: string, password?: string): Promise<ParentProgram> {
  const login = user === undefined ? [] : ['-u', user, '-P', password ?? '']
  return start('microsocks', (port) => ({ args: ['-i', '127.0.0.1', '-p', String(port), ...login] }))
}

/** SOCKS4, 4a and 5. */
export function startDante(): Promise<ParentProgram> {
  return start('danted', (port, folder) => ({
    args: ['-f', join(folder, 'config'), '-p', join(folder, 'pid'), '-N', '1'],
    config: [
      'logoutput: /dev/null',
      `internal: 127.0.0.1 port = ${port}`,
      'external: 127.0.0.1',
      'clientmethod: none',
      'socksmethod: none',
      'user.unprivileged: nobody',
      'client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }',
      'socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }',
    ],
  }))
}

/** HTTP: CONNECT and absolute-form. */
export function startTinyproxy(user?: string, password?: string): Promise<ParentProgram> {
  return start('tinyproxy', (port, folder) => ({
    args: ['-d', '-c', join(folder, 'config')],
    config: [
      `Port ${port}`,
      'Listen 127.0.0.1',
      'MaxClients 50',
      'LogLevel Critical',
      ...(user === undefined ? [] : [`BasicAuth ${user} ${password}`]),
    ],
  }))
}

interface Launch {
  readonly args: readonly string[]
  readonly config?: readonly string[]
}

async function start(program: string, launch: (port: number, folder: string) => Launch): Promise<ParentProgram> {
  const folder = await mkdtemp(join(tmpdir(), `sallyport-${program}-`))
  const port = await freePort()
  const { args, config } = launch(port, folder)
  if (config !== undefined) await writeFile(join(folder, 'config'), `${config.join('\n')}\n`)
  const child = spawn(whereIs(program) as string, args, { stdio: 'ignore' })
  const exited = once(child, 'exit')
  const killLast = (): void => void child.kill('SIGKILL')
  process.once('exit', killLast)
  await listening(port, () => child.exitCode !== null)

  return {
    port,
    async stop() {
      process.off('exit', killLast)
      child.kill('SIGTERM')
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function listening(port: number, isGone: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (true) {
    const socket = net.connect({ port, host: '127.0.0.1' })
    const open = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (open) return
    if (isGone() || performance.now() > deadline) throw new Error(`nothing listens on ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
