import { join } from 'node:path'
import { packageVersion } from '../../peers/contenders.ts'
import { launchNode, type Running } from '../../peers/launch.ts'
import { nginx } from './nginx.ts'
import { squid } from './squid.ts'
import { varnish } from './varnish.ts'

/** A proxy that can be put between the load and the origin, with its cache on. */
export interface CacheContender {
  /** Name for `--only`. */
  readonly id: string
  readonly label: string
  /** How it is configured, for the report. */
  readonly note: string
  /** Its answers must not come from the origin. */
  readonly caches: boolean
  /** Undefined when it is not installed. */
  version(): string | undefined
  start(ask: CacheStartAsk): Promise<Running>
}

export interface CacheStartAsk {
  readonly origin: string
  readonly core: number
  /** Temporary directory for configuration, logs and stored files. */
  readonly directory: string
  readonly nodeFlags?: readonly string[]
  /** More arguments for the file of a Node proxy. */
  readonly args?: readonly string[]
}

export const sallyport: CacheContender = nodeProxy({
  id: 'sallyport',
  label: 'sallyport',
  module: 'sallyport',
  args: ['--cache'],
  note: 'the suite with its cache, defaults, access log off',
})

export const cacheContenders: readonly CacheContender[] = [
  sallyport,
  nodeProxy({
    id: 'sallyport-no-cache',
    label: 'sallyport without a cache',
    module: 'sallyport',
    caches: false,
    note: 'the same suite, every request goes to the origin',
  }),
  nginx,
  varnish,
  squid,
  nodeProxy({
    id: 'undici',
    label: 'undici cache, request',
    module: 'undici-request',
    package: 'undici',
    note: '`node:http`, `interceptors.cache` with `MemoryCacheStore`, `request` and `pipeline`: the one that the goals name',
  }),
  nodeProxy({
    id: 'undici-dispatch',
    label: 'undici cache, dispatch',
    package: 'undici',
    note: 'the same with a dispatch handler that writes straight into the answer',
  }),
  nodeProxy({
    id: 'fastify-undici',
    label: '@fastify/http-proxy, undici cache',
    package: '@fastify/http-proxy',
    note: 'the same dispatcher as its `undici` option, no logger',
  }),
]

interface NodeProxy {
  readonly id: string
  readonly label: string
  readonly note: string
  readonly caches?: boolean
  /** Name of the file in this folder. @default the id */
  readonly module?: string
  /** npm package whose version is shown. @default our own */
  readonly package?: string
  readonly args?: readonly string[]
}

function nodeProxy(proxy: NodeProxy): CacheContender {
  const { id, label, note, caches = true, args = [] } = proxy
  return {
    id,
    label,
    note,
    caches,
    version: () => packageVersion(proxy.package),
    start({ origin, core, directory, nodeFlags = [], args: more = [] }) {
      const file = new URL(`${proxy.module ?? id}.ts`, import.meta.url)
      const output = join(directory, `${id}.log`)
      return launchNode(file, [origin, ...args, ...more], { core, nodeFlags, output })
    },
  }
}
