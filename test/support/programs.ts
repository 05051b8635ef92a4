import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Says why a test must be skipped: one of the programs is not on this machine. False when all are there, so that it goes
 * straight into a test's options: `test('...', { skip: needs('nginx') }, ...)`.
 * @throws Error in CI (`CI=true`), where a missing program is a failure and not a reason to skip
 */
export function needs(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => whereIs(program) === undefined)
  if (missing.length === 0) return false
  const reason = `needs ${missing.join(', ')}, which this machine does not have`
  if (process.env.CI === 'true') throw new Error(reason)
  return reason
}

/** Path of a program, or undefined. Looks in PATH and, as a plain user's PATH lacks them, in the sbin folders. */
export function whereIs(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const folder of [...folders, '/usr/local/sbin', '/usr/sbin', '/sbin']) {
    const path = join(folder, program)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {}
  }
  return undefined
}
