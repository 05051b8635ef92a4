import { closeSync, linkSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs'

/**
 * Takes a folder for this process alone: a file named `lock` with its pid and the time it began, so that a lock that a dead
 * process left is told from that of a live one, even where the pid is used again. It is for processes of one machine that
 * see one another: containers that share a folder do not.
 *
 * @returns lets go of the folder
 * @throws {Error} when a live process has it; names the folder
 */
export function lockFolder(path: string): () => void {
  const file = `${path}/lock`
  const mine = `${process.pid} ${beginOf(process.pid)}\n`
  for (let attempt = 0; attempt < 10; attempt++) {
    if (create(file, mine)) return () => release(file, mine)
    const theirs = read(file)
    if (theirs === undefined) continue
    if (isHeld(theirs)) {
      throw new Error(
        `The disk cache ${path} is in use by process ${Number.parseInt(theirs, 10)}. Give each process a path of its own.`,
      )
    }
    takeAway(file, theirs)
  }
  throw new Error(`The disk cache ${path} could not be locked: others try at the same time.`)
}

function create(file: string, text: string): boolean {
  let fd: number
  try {
    fd = openSync(file, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  try {
    writeSync(fd, text)
  } finally {
    closeSync(fd)
  }
  return true
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Takes a stale lock out of the way. Of several who try, one succeeds; whoever took a new one by it puts it back. */
function takeAway(file: string, stale: string): void {
  const away = `${file}.${process.pid}`
  try {
    renameSync(file, away)
  } catch {
    return
  }
  try {
    if (read(away) !== stale) linkSync(away, file)
  } finally {
    unlinkSync(away)
  }
}

function release(file: string, mine: string): void {
  try {
    if (read(file) === mine) unlinkSync(file)
  } catch {
    // What is left is stale as soon as this process ends.
  }
}

/** A lock that cannot be read was being written when its process died. */
function isHeld(text: string): boolean {
  const [, pid, begin] = /^(\d{1,10}) (\d*)\n$/.exec(text) ?? []
  if (pid === undefined) return false
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return beginOf(Number(pid)) === begin
}

/** When a process began, in ticks since boot: field 22 of `/proc/pid/stat`. `''` where the system does not tell. */
function beginOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
