import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { packageVersion } from './contenders.ts'

/** The machine in words that say what a reader needs to compare, and nothing of whose it is. */
export function describeMachine(): string[] {
  const processors = cpus()
  return [
    `${processors[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB of memory`,
    `${type()} ${release()}`,
    `Node ${process.versions.node}, Fastify ${packageVersion('fastify')}, undici ${packageVersion('undici')}`,
  ]
}
