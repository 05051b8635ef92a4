import { lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { answers } from '../../plugins/cache/control-socket.ts'
import { CliError, exitCodes } from './errors.ts'

/**
 * The folder of the control sockets of this user, made if need be: `$XDG_RUNTIME_DIR/sallyport-1000`, or the same under the
 * folder for temporary files.
 * @throws CliError where it is not this user's alone: whoever owns it could be asked in place of a cache
 */
export function socketFolder(env: NodeJS.ProcessEnv): string {
  const { uid } = userInfo()
  const runtime = env.XDG_RUNTIME_DIR
  const folder = join(runtime === undefined || runtime === '' ? tmpdir() : runtime, `sallyport-${uid}`)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw new CliError(exitCodes.failedStart, `cannot make the folder ${folder}: ${message}`)
  }
  const stats = lstatSync(folder)
  if (stats.isDirectory() && stats.uid === uid && (stats.mode & 0o077) === 0) return folder
  throw new CliError(
    exitCodes.failedStart,
    `${folder} is not a folder of this user alone (mode 700).\nRemove it, or choose another place with --cache-socket and --socket.`,
  )
}

/** Where `reverse --cache` that listens at this port is controlled. */
export function socketOf(port: number, env: NodeJS.ProcessEnv): string {
  return join(socketFolder(env), `${port}.sock`)
}

/**
 * The one that runs.
 * @throws CliError when none does, or several do; it names them
 */
export async function findSocket(env: NodeJS.ProcessEnv): Promise<string> {
  const folder = socketFolder(env)
  const all = readdirSync(folder)
    .filter((name) => name.endsWith('.sock'))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(folder, name))
  const alive: string[] = []
  for (const path of all) if (await answers(path)) alive.push(path)
  const [only, ...more] = alive
  if (only === undefined) {
    throw new CliError(
      exitCodes.failedStart,
      `no cache of this user runs here (looked in ${folder}).\nStart one: sallyport reverse --cache --to http://127.0.0.1:3000\nOr say where it is controlled: --socket PATH`,
    )
  }
  if (more.length === 0) return only
  throw new CliError(
    exitCodes.badArguments,
    `there are ${alive.length} caches, each named by the port that it serves. Choose one:\n${alive.map((path) => `  --socket ${path}`).join('\n')}`,
  )
}
