import type { Clock } from '../../contract/clock.ts'
import type { Dispatch, DispatchOptions, Layer } from '../../contract/layer.ts'
import type { Mirror, MirrorCopy, MirrorStats } from '../../contract/mirror.ts'
import type { Pool } from '../../contract/pool.ts'
import { Copy, type CopyEnd } from './mirror-copy.ts'
import { type MirrorOptions, type MirrorSettings, readMirrorSettings } from './mirror-options.ts'

/** Layer: sends a copy of what goes to the upstream to `options.mirror` as well. The request itself never waits for it. */
export function mirror(): Layer {
  return function mirrorLayer(dispatch) {
    return function mirrorDispatch(options, handler) {
      const copy = options.mirror?.begin(options, dispatch)
      if (copy === undefined) return dispatch(options, handler)
      try {
        return dispatch(options, handler)
      } catch (error) {
        copy.drop()
        throw error
      } finally {
        copy.follow()
      }
    }
  }
}

export interface MirrorTools {
  /** @throws OptionError when there is no such pool */
  readonly poolNamed: (name: string) => Pool
  readonly clock: Clock
  /** 0 to 1 */
  readonly random: () => number
}

/** @throws OptionError for what is not right */
export function readMirror(option: string, given: MirrorOptions, tools: MirrorTools): Mirror {
  const settings = readMirrorSettings(option, given)
  return new SharedMirror(settings, tools.poolNamed(settings.pool), tools.clock, tools.random)
}

class SharedMirror implements Mirror {
  readonly pool: Pool
  readonly #settings: MirrorSettings
  readonly #clock: Clock
  readonly #random: () => number
  readonly #copies = new Set<Copy>()
  readonly #ended: (copy: Copy, end: CopyEnd) => void
  #closed = false
  #answered = 0
  #dropped = 0
  #failed = 0

  constructor(settings: MirrorSettings, pool: Pool, clock: Clock, random: () => number) {
    this.#settings = settings
    this.pool = pool
    this.#clock = clock
    this.#random = random
    this.#ended = (copy, end) => {
      this.#copies.delete(copy)
      if (end === 'dropped') this.#dropped++
      else if (end === 'failed') this.#failed++
      else this.#answered++
    }
  }

  get stats(): MirrorStats {
    let sent = this.#answered + this.#failed
    for (const copy of this.#copies) if (copy.sent) sent++
    return { sent, dropped: this.#dropped, failed: this.#failed, active: this.#copies.size }
  }

  begin(options: DispatchOptions, dispatch: Dispatch): MirrorCopy | undefined {
    const { methods, share, maxConcurrent } = this.#settings
    if (this.#closed || options.upgrade || !methods.has(options.method)) return undefined
    if (share < 1 && this.#random() >= share) return undefined
    if (this.#copies.size >= maxConcurrent) {
      this.#dropped++
      return undefined
    }
    const copy = new Copy(options, dispatch, this.pool, this.#settings, this.#clock, this.#ended)
    this.#copies.add(copy)
    copy.collect()
    return copy.over ? undefined : copy
  }

  close(): void {
    this.#closed = true
    for (const copy of this.#copies) copy.giveUp()
  }
}
