import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'

export interface SettledFile {
  readonly bytes: Buffer
  /** Differs whenever the file is another one, or was written. */
  readonly version: string
}

/** Reads of a file that is written meanwhile. */
const mostReads = 3

/**
 * Reads a file that nobody wrote in the meantime. Undefined: it is still the version `known`.
 * @throws the system's errors, and for what is no file, is larger than `most` bytes, or keeps changing
 */
export async function readSettled(
  path: string,
  most: number,
  known: string | undefined,
): Promise<SettledFile | undefined> {
  for (let i = 0; i < mostReads; i++) {
    // Not blocking: opening a named pipe would wait for its writer.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const before = await handle.stat({ bigint: true })
      if (!before.isFile()) throw new Error('it is no regular file')
      if (before.size > most) throw new Error(`it is larger than ${most} bytes`)
      const version = versionOf(before)
      if (version === known) return undefined
      const bytes = await readAll(handle, Number(before.size))
      // By its path: it may have been replaced.
      if (bytes !== undefined && versionOf(await stat(path, { bigint: true })) === version) return { bytes, version }
    } finally {
      await handle.close()
    }
  }
  throw new Error('it keeps changing while it is read')
}

function versionOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}

/** Undefined when there are more or fewer bytes than `size`. */
async function readAll(handle: FileHandle, size: number): Promise<Buffer | undefined> {
  const bytes = Buffer.alloc(size + 1)
  let read = 0
  while (read < bytes.length) {
    const { bytesRead } = await handle.read(bytes, read, bytes.length - read, read)
    if (bytesRead === 0) break
    read += bytesRead
  }
  return read === size ? bytes.subarray(0, size) : undefined
}
