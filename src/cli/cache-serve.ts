import type { FastifyInstance } from 'fastify'
import { openControl } from '../../plugins/cache/control.ts'
import type { CacheChoice } from './cache-settings.ts'
import { socketOf } from './cache-sockets.ts'
import { CliError, exitCodes } from './errors.ts'

/**
 * Says what is cached, and lets `sallyport cache` look into it. Gives the function that ends that.
 * @throws CliError where a socket that was asked for cannot be had, with the app closed; the usual one is only missed
 */
export async function openCacheControl(
  app: FastifyInstance,
  cache: CacheChoice | undefined,
  port: number,
  say: (text: string) => void,
): Promise<() => Promise<void>> {
  const none = async (): Promise<void> => {}
  if (cache === undefined) return none
  if (cache.socket === false) {
    say(`cache: ${cache.shown}`)
    return none
  }
  try {
    const path = cache.socket ?? socketOf(port, process.env)
    const control = await openControl({ path }, app.httpCache, app.proxy.clock)
    const where = cache.socket === undefined ? '' : ` --socket ${path}`
    say(`cache: ${cache.shown}    look into it: sallyport cache stats${where}`)
    return control.close
  } catch (error) {
    const { message } = error as Error
    if (cache.socket === undefined) {
      say(`cache: ${cache.shown}`)
      say(`warning: 'sallyport cache' cannot look into it: ${message}`)
      return none
    }
    await app.close()
    throw new CliError(exitCodes.failedStart, `--cache-socket: ${message}`)
  }
}

/** Fastify has no logger here: what the cache has to say, such as that Redis is away, goes to a person. */
export function tellCache(app: FastifyInstance, say: (text: string) => void): void {
  const prefix = 'sallyport: cache: '
  const tell = (sign: string) => (first: unknown, second?: unknown) => {
    const message = typeof first === 'string' ? first : second
    if (typeof message !== 'string' || !message.startsWith(prefix)) return
    const { err } = Object(first) as { err?: Error }
    say(`${sign}cache: ${message.slice(prefix.length)}${err === undefined ? '' : ` (${err.message})`}`)
  }
  app.log = Object.assign(Object.create(app.log), { warn: tell('warning: '), info: tell('') })
}
