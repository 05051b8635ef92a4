import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'

/** A watch on a directory that may not be there yet, or be replaced. */
export interface DirectoryWatch {
  /** Begins to watch, or watches again when another directory stands at the path. */
  ensure(): Promise<void>
  close(): void
}

/**
 * Tells of any change in a directory. Not of the file alone: the watch of a file ends when another takes its place.
 * Where the system cannot watch, it tells of nothing.
 */
export function watchDirectory(path: string, changed: () => void): DirectoryWatch {
  let watcher: FSWatcher | undefined
  let watched: string | undefined
  let closed = false

  function stop(): void {
    watcher?.close()
    watcher = undefined
    watched = undefined
  }

  return {
    async ensure() {
      const found = await stat(path, { bigint: true }).then(
        ({ dev, ino }) => `${dev} ${ino}`,
        () => undefined,
      )
      if (closed || found === watched) return
      stop()
      if (found === undefined) return
      try {
        watcher = watch(path, { persistent: false }, changed)
        watcher.on('error', stop)
        watched = found
      } catch {
        // ENOSPC, EMFILE: no watches left. The file is looked at now and then all the same.
      }
    },
    close() {
      closed = true
      stop()
    },
  }
}
