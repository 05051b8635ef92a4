import type { Socket } from 'node:net'
import type { Upstream } from '../../contract/pool.ts'
import { type Check, connectFailure, pass, type RunningCheck } from './check-result.ts'
import type { HealthSettings } from './options.ts'

/**
 * Dials an upstream, TLS included where it has it, within `timeout` milliseconds. Calls back once, with a ProxyError or a
 * connected socket. Gives what `destroy` can end at any time.
 */
export type Connect = (
  upstream: Upstream,
  timeout: number,
  callback: (error: Error | null, socket: Socket | null) => void,
) => { destroy(): unknown }

/** Does it accept connections? Nothing is sent. */
export function tcpCheck({ timeout }: HealthSettings, connect: Connect, upstream: Upstream): Check {
  return function check(done): RunningCheck {
    let over = false
    const attempt = connect(upstream, timeout, (error, socket) => {
      if (socket !== null) {
        // Whatever comes of it now is no news.
        socket.on('error', () => {})
        socket.destroy()
      }
      if (over) return
      over = true
      done(error === null ? pass('connection accepted') : connectFailure(error, timeout))
    })
    return {
      abort() {
        over = true
        attempt.destroy()
      },
    }
  }
}
