import type { Clock, Timer } from '../../contract/clock.ts'

/** What an operator is told of Redis. Never has a password in it. */
export type RedisEvent =
  | { readonly type: 'redis-lost'; readonly reason: string }
  /** @property after milliseconds that it was away */
  | { readonly type: 'redis-back'; readonly after: number }

export interface Circuit {
  /** True: nobody waits for Redis now. */
  readonly open: boolean
  /** Something failed: open. Nothing when it is open already. */
  trip(reason: string): void
  /** Now is a good time to look, when it has never been closed. */
  hint(): void
  /** Never closes again. */
  end(): void
}

export interface CircuitParts {
  readonly clock: Clock
  /** Is it back? May take its time; never rejects. Gives why not, or undefined when it is. */
  readonly probe: () => Promise<string | undefined>
  readonly opened: () => void
  readonly log: (event: RedisEvent) => void
  /** Milliseconds between probes. */
  readonly pause: number
}

/** Begins open and looks every `pause` whether it may close. One line is logged as it opens, one as it closes. */
export function createCircuit({ clock, probe, opened, log, pause }: CircuitParts): Circuit {
  let open = true
  let ended = false
  let never = true
  let told = false
  let probing = false
  let since = clock.now()
  let timer: Timer | undefined = clock.setTimer(half, pause)

  function tell(reason: string): void {
    if (told) return
    told = true
    log({ type: 'redis-lost', reason })
  }

  function half(): void {
    timer = undefined
    look(true)
  }

  function look(tellIfNot: boolean): void {
    if (probing || ended || !open) return
    probing = true
    probe().then((reason) => {
      probing = false
      if (ended) return
      if (reason === undefined) return close()
      if (tellIfNot) tell(reason)
      timer ??= clock.setTimer(half, pause)
    })
  }

  function close(): void {
    if (timer !== undefined) clock.clearTimer(timer)
    timer = undefined
    open = false
    never = false
    if (told) log({ type: 'redis-back', after: Math.round(clock.now() - since) })
    told = false
  }

  return {
    get open() {
      return open
    },
    trip(reason) {
      if (open || ended) return
      open = true
      since = clock.now()
      tell(reason)
      timer = clock.setTimer(half, pause)
      opened()
    },
    hint() {
      if (never) look(false)
    },
    end() {
      ended = true
      open = true
      if (timer !== undefined) clock.clearTimer(timer)
      timer = undefined
    },
  }
}
