import type { CheckResult } from '../../../src/balance/health/check-result.ts'
import { createHealthChecks, type HealthChecks, type HealthVerdict } from '../../../src/balance/health/checks.ts'
import { type HealthOptions, type HealthSettings, readHealth } from '../../../src/balance/health/options.ts'
import { ProxyError } from '../../../src/contract/errors.ts'
import {
  type DispatchController,
  type DispatchHandler,
  type DispatchOptions,
  idleController,
} from '../../../src/contract/layer.ts'
import type { Upstream } from '../../../src/contract/pool.ts'
import { createUpstream } from '../../../src/upstream/origin.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'

/** What the next checks meet: a status, `'refused'`, `'no descriptors'`, or `'silent'`. */
export type Meets = number | 'refused' | 'no descriptors' | 'silent'

export interface Scripted {
  readonly clock: FakeClock
  readonly checks: HealthChecks
  /** Answers from now on, for all upstreams. */
  meet: (answer: Meets) => void
  /** Clock readings at which checks went out. */
  readonly sent: { at: number; name: string; options: DispatchOptions }[]
  /** `name up` or `name down: reason`, with the clock reading before it. */
  readonly reports: string[]
  readonly observed: string[]
  readonly forgotten: Upstream[]
  /** Checks that were sent and have neither been answered nor aborted. */
  readonly open: () => number
  /** Answers those that are open. */
  answerOpen(status: number): void
  add(...ports: number[]): Upstream[]
}

/** Health checks whose transport does as it is told, at once, without a socket. */
export function scripted(options: HealthOptions, random: () => number = () => 0.5): Scripted {
  const clock = fakeClock()
  const sent: Scripted['sent'] = []
  const reports: string[] = []
  const observed: string[] = []
  const forgotten: Upstream[] = []
  const open = new Map<DispatchHandler, DispatchController>()
  let answer: Meets = 200

  const checks = createHealthChecks(readHealth('health', options) as HealthSettings, {
    clock,
    random,
    connect: () => {
      throw new Error('not here')
    },
    dispatch(asked, handler) {
      sent.push({ at: clock.now(), name: (asked.upstream as Upstream).name, options: asked })
      if (answer === 'refused' || answer === 'no descriptors') {
        const cause = Object.assign(new Error(), { code: answer === 'refused' ? 'ECONNREFUSED' : 'EMFILE' })
        handler.onResponseError?.(idleController, new ProxyError('SP_CONNECT_FAILED', undefined, cause))
        return true
      }
      const controller = { ...idleController, abort: () => void open.delete(handler) }
      open.set(handler, controller)
      handler.onRequestStart?.(controller, {})
      if (answer !== 'silent') say(handler, controller, answer)
      return true
    },
    observe: ({ name }, { outcome }: CheckResult) => observed.push(`${name} ${outcome}`),
    forget: (target) => forgotten.push(target),
  })

  function say(handler: DispatchHandler, controller: DispatchController, status: number): void {
    handler.onResponseStart?.(controller, status, {})
    handler.onResponseEnd?.(controller, {})
    open.delete(handler)
  }

  return {
    clock,
    checks,
    meet: (next) => {
      answer = next
    },
    sent,
    reports,
    observed,
    forgotten,
    open: () => open.size,
    answerOpen(status) {
      for (const [handler, controller] of [...open]) say(handler, controller, status)
    },
    add(...ports) {
      return ports.map((port) => {
        const upstream = createUpstream('upstream', `http://127.0.0.1:${port}`)
        checks.add(upstream, ({ up, reason }: HealthVerdict) =>
          reports.push(`${clock.now()} ${port} ${up ? 'up' : `down: ${reason}`}`),
        )
        return upstream
      })
    },
  }
}
