import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { haproxy } from './haproxy.ts'
import { launchNode, type Running } from './launch.ts'
import { nginx } from './nginx.ts'
import type { Protocol } from './scenarios.ts'

/** A proxy that can be put between the load and the origin. */
export interface Contender {
  /** Name for `--only`. */
  readonly id: string
  readonly label: string
  /** How it is configured, for the report. */
  readonly note: string
  /** What its clients may speak. */
  readonly protocols: readonly Protocol[]
  /** Undefined when it is not installed. */
  version(): string | undefined
  start(ask: StartAsk): Promise<Running>
}

export interface StartAsk {
  readonly origin: string
  readonly protocol: Protocol
  readonly core: number
  /** Temporary directory for configuration and logs. */
  readonly directory: string
  readonly nodeFlags?: readonly string[]
}

export const contenders: readonly Contender[] = [
  nodeProxy({
    id: 'sallyport',
    label: 'sallyport',
    module: 'sallyport',
    note: 'the reverse-proxy plugin with its defaults, access log off',
    protocols: ['h1', 'h2'],
  }),
  nodeProxy({
    id: 'sallyport-log',
    label: 'sallyport (json access log)',
    module: 'sallyport',
    args: ['--access-log'],
    note: 'the same with one JSON line an exchange, written to a file',
    protocols: ['h1', 'h2'],
  }),
  nodeProxy({
    id: 'bare',
    label: 'bare node:http + undici',
    module: 'bare',
    package: 'undici',
    note: 'the yardstick: undici `dispatch` straight into the answer, backpressure and nothing else',
    protocols: ['h1', 'h2'],
  }),
  nodeProxy({
    id: 'fastify-http-proxy',
    label: '@fastify/http-proxy',
    package: '@fastify/http-proxy',
    note: 'defaults (undici, 128 connections, keep-alive 60 s), no logger',
    protocols: ['h1', 'h2'],
  }),
  nodeProxy({
    id: 'http-proxy-3',
    label: 'http-proxy-3',
    package: 'http-proxy-3',
    note: 'with a keep-alive agent: without one, its default, it opens a connection for each request',
    protocols: ['h1'],
  }),
  nodeProxy({
    id: 'httpxy',
    label: 'httpxy',
    package: 'httpxy',
    note: 'defaults (keep-alive agent) on node:http',
    protocols: ['h1'],
  }),
  nodeProxy({
    id: 'http-proxy-middleware',
    label: 'http-proxy-middleware',
    package: 'http-proxy-middleware',
    note: '`changeOrigin`, keep-alive agent of httpxy, on node:http without Express',
    protocols: ['h1'],
  }),
  nodeProxy({
    id: 'fast-proxy',
    label: 'fast-proxy',
    package: 'fast-proxy',
    note: 'its `undici` option (its own copy, undici 5), 128 connections, pipelining 1, on node:http',
    protocols: ['h1'],
  }),
  nginx,
  haproxy,
]

interface NodeProxy {
  readonly id: string
  readonly label: string
  readonly note: string
  readonly protocols: readonly Protocol[]
  /** Name of the file in proxies/. @default the id */
  readonly module?: string
  /** npm package whose version is shown. @default our own */
  readonly package?: string
  readonly args?: readonly string[]
}

function nodeProxy(proxy: NodeProxy): Contender {
  const { id, label, note, protocols, args = [] } = proxy
  return {
    id,
    label,
    note,
    protocols,
    version: () => packageVersion(proxy.package),
    start({ origin, protocol, core, directory, nodeFlags = [] }) {
      const file = new URL(`proxies/${proxy.module ?? id}.ts`, import.meta.url)
      const all = [origin, ...(protocol === 'h2' ? ['--http2'] : []), ...args]
      return launchNode(file, all, { core, nodeFlags, output: join(directory, `${id}-${protocol}.log`) })
    },
  }
}

/** Version of an installed package, or of this one. */
export function packageVersion(name?: string): string | undefined {
  const file = new URL(
    name === undefined ? '../../package.json' : `../../node_modules/${name}/package.json`,
    import.meta.url,
  )
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  } catch {
    return undefined
  }
}
