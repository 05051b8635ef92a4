import { createHealthChecks, type HealthChecks } from './health/checks.ts'
import type { Member } from './member.ts'
import { createOutlier, type Outlier } from './outlier.ts'
import type { PoolEmitter } from './pool-events.ts'
import type { PoolSettings } from './pool-options.ts'
import type { PoolTools } from './pool-tools.ts'

/** What active checks and outlier detection say of the members of a pool. Says it in their fields and in events. */
export class MemberHealth {
  readonly outlier: Outlier | undefined
  readonly #settings: PoolSettings
  readonly #tools: PoolTools
  readonly #events: PoolEmitter
  readonly #changed: () => void
  readonly #checks: HealthChecks | undefined

  /** @param changed who may be chosen is other than before */
  constructor(settings: PoolSettings, tools: PoolTools, events: PoolEmitter, changed: () => void) {
    this.#settings = settings
    this.#tools = tools
    this.#events = events
    this.#changed = changed
    const { outlier, health } = settings
    const { random } = tools
    if (outlier !== undefined) {
      this.outlier = createOutlier(outlier, {
        random,
        ejected: (member, reason, ms) => {
          events.emit('ejected', { upstream: member.id, reason, ms })
          changed()
        },
        // A check knows for sure, of those too that may not be ejected, and sees it come back before an ejection would end.
        unreachable: (member) => this.#checks?.checkNow(member.upstream),
        returned: (member) => {
          this.ramp(member)
          events.emit('returned', { upstream: member.id })
          changed()
        },
      })
    }
    if (health !== undefined) {
      this.#checks = createHealthChecks(health, {
        ...tools,
        observe: ({ name, basePath }, { outcome, reason }, took) => {
          events.emit('check', { upstream: name + basePath, outcome, reason, took })
        },
      })
    }
  }

  /**
   * Checks it from now on.
   * @throws OptionError for settings of checks that this upstream cannot have
   */
  watch(member: Member): void {
    this.#checks?.add(member.upstream, ({ up, reason }) => {
      const recovered = up && member.check === 'down'
      member.check = up ? 'up' : 'down'
      member.reason = reason
      if (member.forced === 'auto') this.#events.emit('health', { upstream: member.id, up, reason })
      if (recovered) this.ramp(member)
      if (up && member.ejected) this.outlier?.pardon(member)
      this.#changed()
    })
  }

  /** What checks said of it is forgotten. */
  unwatch(member: Member): void {
    this.#checks?.remove(member.upstream)
    member.check = 'unknown'
    member.reason = undefined
  }

  /** It left the pool. */
  forget(member: Member): void {
    this.#checks?.remove(member.upstream)
    this.outlier?.forget(member)
  }

  /** From now on its share grows. */
  ramp(member: Member): void {
    if (this.#settings.slowStart !== undefined) member.rampSince = this.#tools.clock.now()
  }

  close(): void {
    this.#checks?.close()
  }
}
