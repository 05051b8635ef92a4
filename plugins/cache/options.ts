import type { CacheRouteOptions } from '../../src/cache/plan-options.ts'
import { cacheRouteKeys } from '../../src/cache/plan-options.ts'
import { knownKeys, OptionError, section, size, time } from '../../src/contract/options.ts'
import { type ControlOptions, type ControlSettings, readControl } from './control-options.ts'
import { type HostReplyOptions, type HostReplySettings, readHostReplies } from './host-reply-options.ts'

export type { KeyOptions, QueryRules } from '../../src/cache/key-options.ts'
export type { BypassOptions, CacheRouteOptions, HeuristicOptions } from '../../src/cache/plan-options.ts'
export type { ControlOptions } from './control-options.ts'
export type { HostReplyOptions } from './host-reply-options.ts'

/** Responses in the memory of this process. */
export interface MemoryOptions {
  /** Bytes of content, fields and all that goes with them. The least useful entries leave first. @default '128MiB' */
  readonly maxBytes?: number | string
  /** Bytes of content of one entry. @default an eighth of maxBytes */
  readonly maxEntryBytes?: number | string
}

/** Responses on disk: they survive a restart. One process to a folder. */
export interface DiskOptions {
  /** Folder, made if it is not there. */
  readonly path: string
  /** @default '1GiB' */
  readonly maxBytes?: number | string
  /** @default '256MiB' */
  readonly maxEntryBytes?: number | string
}

/** Responses in Redis or Valkey: shared by many machines, and with them the purges. */
export interface RedisOptions {
  /** `redis://host:6379/0`, `rediss://...` with TLS. */
  readonly url: string
  /** Before every key. @default 'sallyport:' */
  readonly prefix?: string
  /** For a look-up; what takes longer is a miss. @default '50ms' */
  readonly timeout?: number | string
  /** @default '8MiB' */
  readonly maxEntryBytes?: number | string
}

/** The shared cache, and what is the same for all of its routes; a route's `cache` says what is different there. */
export interface CacheOptions extends CacheRouteOptions {
  readonly memory?: MemoryOptions
  readonly disk?: DiskOptions
  readonly redis?: RedisOptions
  /** A listener of its own for `sallyport cache purge`, `list` and `stats`. @default none */
  readonly control?: ControlOptions
  /**
   * `reply.expires()`, `reply.etag()` and `app.cache` of @fastify/caching for replies of the app's own, on routes that come
   * after; what they keep is in the stores of the cache. @default false
   */
  readonly hostReplies?: boolean | HostReplyOptions
}

export interface StoreSettings {
  readonly memory: { readonly maxBytes: number; readonly maxEntryBytes: number }
  readonly disk: { readonly path: string; readonly maxBytes: number; readonly maxEntryBytes: number } | undefined
  readonly redis:
    | { readonly url: string; readonly prefix: string; readonly timeout: number; readonly maxEntryBytes: number }
    | undefined
}

export interface CacheSettings {
  readonly stores: StoreSettings
  readonly control: ControlSettings | undefined
  readonly hostReplies: HostReplySettings | undefined
  readonly route: CacheRouteOptions
}

/** @throws OptionError for anything that cannot work */
export function readCacheOptions(options: CacheOptions): CacheSettings {
  knownKeys('', options, ['memory', 'disk', 'redis', 'control', 'hostReplies', ...cacheRouteKeys])
  const { memory, disk, redis, control, hostReplies, ...route } = options
  return {
    stores: { memory: readMemory(memory), disk: readDisk(disk), redis: readRedis(redis) },
    control: control === undefined ? undefined : readControl('control', control),
    hostReplies: readHostReplies(hostReplies),
    route,
  }
}

function readMemory(options: MemoryOptions | undefined): StoreSettings['memory'] {
  const given = section('memory', options, ['maxBytes', 'maxEntryBytes'])
  const maxBytes = size('memory.maxBytes', given.maxBytes, 128 * 1024 ** 2)
  if (!(maxBytes > 0 && Number.isFinite(maxBytes))) {
    throw new OptionError('memory.maxBytes', given.maxBytes, "give a size above 0, such as '128MiB'")
  }
  const maxEntryBytes = size('memory.maxEntryBytes', given.maxEntryBytes, Math.floor(maxBytes / 8))
  return { maxBytes, maxEntryBytes: Math.min(maxEntryBytes, maxBytes) }
}

function readDisk(options: DiskOptions | undefined): StoreSettings['disk'] {
  if (options === undefined) return undefined
  const given = section('disk', options, ['path', 'maxBytes', 'maxEntryBytes'])
  if (typeof given.path !== 'string' || given.path === '') {
    throw new OptionError('disk.path', given.path, "give a folder such as '/var/cache/sallyport'")
  }
  const maxBytes = size('disk.maxBytes', given.maxBytes, 1024 ** 3)
  if (!(maxBytes > 0 && Number.isFinite(maxBytes))) {
    throw new OptionError('disk.maxBytes', given.maxBytes, "give a size above 0, such as '1GiB'")
  }
  const maxEntryBytes = size('disk.maxEntryBytes', given.maxEntryBytes, 256 * 1024 ** 2)
  return { path: given.path, maxBytes, maxEntryBytes: Math.min(maxEntryBytes, maxBytes) }
}

function readRedis(options: RedisOptions | undefined): StoreSettings['redis'] {
  if (options === undefined) return undefined
  const given = section('redis', options, ['url', 'prefix', 'timeout', 'maxEntryBytes'])
  if (typeof given.url !== 'string' || !/^rediss?:\/\//.test(given.url) || !URL.canParse(given.url)) {
    throw new OptionError(
      'redis.url',
      given.url === undefined ? undefined : '(hidden)',
      "give a URL such as 'redis://127.0.0.1:6379'",
    )
  }
  return {
    url: given.url,
    prefix: readPrefix(given.prefix ?? 'sallyport:'),
    timeout: time('redis.timeout', given.timeout, 50),
    maxEntryBytes: size('redis.maxEntryBytes', given.maxEntryBytes, 8 * 1024 ** 2),
  }
}

function readPrefix(prefix: string): string {
  if (typeof prefix === 'string' && prefix !== '') return prefix
  throw new OptionError('redis.prefix', prefix, "give what every key begins with, such as 'shop:'")
}
