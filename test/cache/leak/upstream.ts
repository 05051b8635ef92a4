import type { Clock } from '../../../src/contract/clock.ts'
import type { Dispatch, DispatchController, DispatchHandler, DispatchOptions } from '../../../src/contract/layer.ts'
import type { Chance } from './chance.ts'
import { makeAnswer, Resource } from './make-answer.ts'
import { type Asked, type Made, needsConfirmation, textOf } from './model.ts'

/** An upstream that draws its answers, and marks each wherever it can be seen: in the content, in the fields, in trailers. */
export interface MarkingUpstream {
  readonly dispatch: Dispatch
  readonly made: readonly Made[]
  /** The turn in which the upstream has last said that an answer still holds. */
  readonly confirmed: ReadonlyMap<Made, number>
  /** Of which a later word has said that it no longer needs the upstream's word. */
  readonly loosened: ReadonlySet<Made>
  /** Calls that are not over. */
  readonly pending: number
  /** Goes on with one of them. */
  step(): void
}

/** The request field by which the upstream knows whose request it is. */
export const askedField = 'X-Asked'

export function markingUpstream(chance: Chance, clock: Clock, asks: readonly Asked[]): MarkingUpstream {
  const made: Made[] = []
  const confirmed = new Map<Made, number>()
  const loosened = new Set<Made>()
  const resources = new Map<string, Resource>()
  const calls: (() => void)[][] = []

  /** The turns that a call takes. After a failure or an abort nothing more is told. */
  function stepsOf({ headers, method }: DispatchOptions, handler: DispatchHandler): (() => void)[] {
    const seen = headers as string[]
    const asked = asks[Number(textOf(seen, askedField.toLowerCase()))] as Asked
    const target = asked.host + asked.path
    const resource = resources.get(target) ?? new Resource()
    resources.set(target, resource)
    const around = { serial: made.length, asked, seen, method, resource, wall: clock.wall() }
    const { head, mark, content, upheld } = makeAnswer(chance, around)
    made.push(head)
    if (upheld !== undefined) confirmed.set(upheld, asks.length)
    if (head.base !== undefined && !needsConfirmation(head)) loosened.add(head.base)
    const controller = new Controller(handler)
    const told = (fn: () => void) => () => {
      if (!controller.aborted) fn()
    }
    const fail = () => controller.abort(new Error('the upstream is gone'))
    const steps = [told(() => handler.onRequestStart?.(controller, {}))]
    if (chance.happens(0.02)) return [...steps, fail]
    if (chance.happens(0.02)) steps.push(told(() => controller.head(103, ['Link', mark])))
    steps.push(told(() => controller.head(head.status, [...head.fields])))
    const half = chance.below(content.length + 1)
    for (const piece of [content.slice(0, half), content.slice(half)]) {
      if (piece !== '') steps.push(told(() => handler.onResponseData?.(controller, Buffer.from(piece, 'latin1'))))
      if (chance.happens(0.01)) return [...steps, fail]
    }
    steps.push(told(() => controller.end(chance.happens(0.02) ? ['X-Trailer', mark] : [])))
    return steps
  }

  return {
    made,
    confirmed,
    loosened,
    get pending() {
      return calls.length
    },
    dispatch(options, handler) {
      const steps = stepsOf(options, handler)
      if (chance.happens(0.5)) for (const step of steps) step()
      else calls.push(steps)
      return true
    },
    step() {
      const steps = calls[chance.below(calls.length)]
      steps?.shift()?.()
      if (steps?.length === 0) calls.splice(calls.indexOf(steps), 1)
    },
  }
}

/** As undici's: an abort is told to the handler at once, and is the last that it hears. */
class Controller implements DispatchController {
  /** Nothing more is told. */
  aborted = false
  paused = false
  reason: Error | null = null
  rawHeaders: string[] | null = null
  rawTrailers: string[] | null = null
  readonly #handler: DispatchHandler

  constructor(handler: DispatchHandler) {
    this.#handler = handler
  }

  head(status: number, fields: string[]): void {
    this.rawHeaders = fields
    this.#handler.onResponseStart?.(this, status, {}, 'Drawn')
  }

  end(trailers: string[]): void {
    this.aborted = true
    this.rawTrailers = trailers
    this.#handler.onResponseEnd?.(this, {})
  }

  abort(reason: Error): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.#handler.onResponseError?.(this, reason)
  }

  pause(): void {}
  resume(): void {}
}
