import { resolve } from 'node:path'
import { readSocketPath } from '../../plugins/cache/control-options.ts'
import { type CacheOptions, readCacheOptions } from '../../plugins/cache/options.ts'
import { OptionError } from '../contract/options.ts'
import { bytes } from './readable.ts'

/** As commander reads them: true where a flag has a value that was left out. */
export interface CacheFlags {
  readonly cache?: string | true
  readonly cacheDir?: string
  readonly cacheDirSize?: string
  readonly cacheRedis?: string | true
  readonly cacheSocket?: string
}

export interface CacheChoice {
  readonly options: CacheOptions
  /** Path of the control socket; undefined: the usual place; false: none. */
  readonly socket: string | undefined | false
  /** Where responses are kept, for a person. Without secrets. */
  readonly shown: string
}

/**
 * What `reverse` caches; undefined: nothing. Any of the flags switches it on.
 * @throws OptionError that names the flag
 */
export function readCacheFlags(flags: CacheFlags, env: NodeJS.ProcessEnv): CacheChoice | undefined {
  const { cache, cacheDir, cacheDirSize, cacheRedis, cacheSocket } = flags
  if (cacheDirSize !== undefined && cacheDir === undefined) {
    throw new OptionError('--cache-dir-size', cacheDirSize, 'it is the size of --cache-dir; give that too')
  }
  if (cache === undefined && cacheDir === undefined && cacheRedis === undefined) {
    if (cacheSocket === undefined) return undefined
    throw new OptionError('--cache-socket', cacheSocket, 'there is no cache to control; give --cache too')
  }
  const url = cacheRedis === true ? env.SALLYPORT_REDIS_URL : cacheRedis
  if (cacheRedis !== undefined && (url === undefined || url === '')) {
    const right = 'give a URL such as redis://127.0.0.1:6379, here or in the environment as SALLYPORT_REDIS_URL'
    throw new OptionError('--cache-redis', undefined, right)
  }
  const options: CacheOptions = {
    ...(typeof cache === 'string' ? { memory: { maxBytes: asSize('--cache', cache) } } : {}),
    ...(cacheDir === undefined ? {} : { disk: readDisk(cacheDir, cacheDirSize) }),
    ...(url === undefined ? {} : { redis: { url } }),
  }
  const { stores } = named(options)
  const shown = [
    `${bytes(stores.memory.maxBytes)} of memory`,
    ...(stores.disk === undefined ? [] : [`${bytes(stores.disk.maxBytes)} in ${stores.disk.path}`]),
    ...(url === undefined ? [] : [`Redis at ${new URL(url).host}`]),
  ]
  return { options, socket: readSocket(cacheSocket), shown: shown.join(', ') }
}

function readDisk(dir: string, size: string | undefined): { path: string; maxBytes?: number } {
  if (dir === '') throw new OptionError('--cache-dir', dir, 'give a folder such as /var/cache/sallyport')
  const path = resolve(dir)
  return size === undefined ? { path } : { path, maxBytes: asSize('--cache-dir-size', size) }
}

/** `256MiB`, and `256m` as nginx has it. A number alone is more likely a slip than a count of bytes. */
function asSize(option: string, text: string): number {
  const parts = /^(\d{1,9})([kmg])(?:ib?)?$/i.exec(text)
  const bytes = parts === null ? 0 : Number(parts[1]) * 1024 ** ('kmg'.indexOf((parts[2] as string).toLowerCase()) + 1)
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes
  throw new OptionError(option, text, 'give a size above 0 such as 256MiB or 2GiB')
}

/** The plugin's own reading, with the flag in place of its option. */
function named(options: CacheOptions): ReturnType<typeof readCacheOptions> {
  try {
    return readCacheOptions(options)
  } catch (error) {
    if (error instanceof OptionError && error.option === 'redis.url') {
      throw new OptionError('--cache-redis', options.redis?.url, 'give a URL such as redis://127.0.0.1:6379')
    }
    throw error
  }
}

function readSocket(given: string | undefined): CacheChoice['socket'] {
  if (given === undefined) return undefined
  return given === 'off' ? false : readSocketPath('--cache-socket', resolve(given))
}
