import { chmod, lstat, mkdtemp, rename, rm, unlink } from 'node:fs/promises'
import net, { type Server } from 'node:net'
import { join } from 'node:path'

/**
 * Binds the server to a Unix socket that this user alone can open. What a process that ended badly has left there is
 * replaced; a socket at which somebody answers is not. Resolves with a function that removes the file, if it is still ours.
 * @throws Error that says what is in the way
 */
export async function listenAtSocket(server: Server, path: string): Promise<() => Promise<void>> {
  await makeWay(path)
  // Bound in a folder of our own, then moved: at no time can anybody else open it, and there is no moment without one.
  const folder = await mkdtemp(`${path}.`).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`cannot make a socket at ${path}: ${reasons[cause.code ?? ''] ?? cause.message}`, { cause })
  })
  try {
    const inside = join(folder, 's')
    await listen(server, inside)
    await chmod(inside, 0o600)
    await rename(inside, path)
  } catch (cause) {
    server.close()
    throw new Error(`cannot make a socket at ${path}: ${(cause as Error).message}`, { cause })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  const { ino } = await lstat(path)
  return async function remove() {
    const now = await lstat(path).catch(() => undefined)
    if (now?.ino === ino) await unlink(path).catch(() => {})
  }
}

/** @throws Error where something is that must stay */
async function makeWay(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined)
  if (there === undefined) return
  if (!there.isSocket()) throw new Error(`${path} is there, and is no socket: remove it, or choose another path`)
  if (await answers(path)) {
    throw new Error(`${path} is in use by another process: give each process a path of its own`)
  }
}

/** Does anybody accept there? Who is merely not let in is somebody too. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'))
  })
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Exclusive: a worker of a cluster binds for itself. Its cache is its own.
    server.listen({ path, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder. Make it, for the user of this process alone',
  EACCES: 'this user may not write to the folder',
  ENOTDIR: 'what should be its folder is none',
  EROFS: 'the file system is read-only',
}
