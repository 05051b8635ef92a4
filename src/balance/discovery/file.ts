import { dirname, resolve } from 'node:path'
import type { Timer } from '../../contract/clock.ts'
import { knownKeys, OptionError, time } from '../../contract/options.ts'
import type { FileDiscoverOptions } from './discover-options.ts'
import type { Discovery, DiscoveryTools } from './discovery.ts'
import { parseList } from './parse-list.ts'
import { type Found, refreshLoop } from './refresh-loop.ts'
import { readSettled, type SettledFile } from './settled-file.ts'
import { readUpstreamList } from './upstream-list.ts'
import { watchDirectory } from './watch-directory.ts'

export interface FileSettings {
  readonly kind: 'file'
  /** Absolute. */
  readonly path: string
  readonly interval: number
}

export function readFileDiscovery(option: string, given: FileDiscoverOptions): FileSettings {
  knownKeys(option, given, ['file', 'interval'])
  if (typeof given.file !== 'string' || given.file === '') {
    throw new OptionError(`${option}.file`, given.file, 'give the path of a JSON or YAML file')
  }
  return Object.freeze({
    kind: 'file',
    path: resolve(given.file),
    interval: time(`${option}.interval`, given.interval, 5000),
  })
}

const mostBytes = 1024 ** 2

/** Quiet for so long after a change before the file is read, so that a write in pieces is over ... */
const quiet = 100
/** ... but read after so long, however busy the directory is. */
const longestWait = 1000

/** Reads a file, and again when its directory changes: a rename or a swapped symlink puts another file in its place. */
export function fileDiscovery(settings: FileSettings, tools: DiscoveryTools): Discovery {
  const { path } = settings
  const { clock } = tools
  const watch = watchDirectory(dirname(path), changed)
  const loop = refreshLoop(look, { retry: Math.min(1000, settings.interval), maxRetry: settings.interval }, tools)
  let last: (SettledFile & Found) | undefined
  let timer: Timer | undefined
  let firstChange: number | undefined

  function changed(): void {
    const now = clock.now()
    firstChange ??= now
    if (timer !== undefined) clock.clearTimer(timer)
    timer = clock.setTimer(settle, Math.min(quiet, Math.max(0, firstChange + longestWait - now)))
  }

  function settle(): void {
    timer = undefined
    firstChange = undefined
    void loop.refresh()
  }

  async function look(signal: AbortSignal): Promise<Found> {
    // First the watch: what changes after the file was read is seen.
    await watch.ensure()
    try {
      const file = await readSettled(path, mostBytes, last?.version)
      if (file === undefined) return last as Found
      const upstreams = readUpstreamList('upstreams', await parseList(path, file.bytes, { clock, signal }))
      last = { ...file, upstreams, holds: settings.interval }
      return last
    } catch (error) {
      last = undefined
      throw new Error(`File ${path}: ${error instanceof Error ? error.message : error}`, { cause: error })
    }
  }

  return {
    start: loop.start,
    refresh: loop.refresh,
    close() {
      watch.close()
      if (timer !== undefined) clock.clearTimer(timer)
      timer = undefined
      loop.close()
    },
  }
}
