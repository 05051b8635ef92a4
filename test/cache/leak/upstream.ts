import type { Clock } from '../../../src/contract/clock.ts'
import type { Dispatch, DispatchController, DispatchHandler, DispatchOptions } from '../../../src/contract/layer.ts'
import type { Chance } from './chance.ts'
import { drawStorage } from './draw-answer.ts'
import { type Asked, type Made, textOf } from './model.ts'

/** An upstream that draws its answers, and marks each wherever it can be seen: in the content, in the fields, in trailers. */
export interface MarkingUpstream {
  readonly dispatch: Dispatch
  readonly made: readonly Made[]
  /** The last turn in which the upstream has said that this entity tag still holds, by target and tag. */
  readonly confirmed: ReadonlyMap<string, number>
  /** Calls that are not over. */
  readonly pending: number
  /** Goes on with one of them. */
  step(): void
}

/** Every mark that a text has. */
export function marksIn(text: string): number[] {
  return [...text.matchAll(/<#(\d{6})>/g)].map(([, serial]) => Number(serial))
}

/** The request field by which the upstream knows whose request it is. */
export const askedField = 'X-Asked'

/** Name and value of an entity tag under a target, for `confirmed`. */
export const tagKey = ({ host, path }: Asked, etag: string): string => `${host}${path} ${etag}`

export function markingUpstream(
  chance: Chance,
  clock: Clock,
  asks: readonly Asked[],
  turn: () => number,
): MarkingUpstream {
  const made: Made[] = []
  const confirmed = new Map<string, number>()
  const calls: (() => void)[][] = []

  function answer(options: DispatchOptions): { head: Made; content: string; mark: string; message: string } {
    const seen = options.headers as string[]
    const asked = asks[Number(textOf(seen, askedField.toLowerCase()))] as Asked
    const mark = `<#${String(made.length).padStart(6, '0')}>`
    const etag = `"${chance.pick([1, 1, 1, 2])}"`
    const fields = ['Date', new Date(clock.wall()).toUTCString(), 'X-For', mark, ...drawStorage(chance, mark)]
    if (chance.happens(0.7)) fields.push('ETag', etag)
    if (chance.happens(0.2)) fields.push('Last-Modified', new Date(clock.wall() - 3_600_000).toUTCString())
    let status = chance.happens(0.85) ? 200 : chance.pick([404, 404, 301, 500, 503, 410, 206])
    let content = mark.repeat(8)
    const range = /^bytes=(\d*)-(\d*)$/.exec(textOf(seen, 'range') ?? '')
    if (status === 206 && range === null) status = 200
    if (textOf(seen, 'if-none-match')?.includes(etag) === true && chance.happens(0.8)) {
      status = 304
      fields.push('ETag', etag)
      confirmed.set(tagKey(asked, etag), turn())
    } else if (status === 200 && range !== null && chance.happens(0.7)) {
      const [, from = '', to = ''] = range
      const first = from === '' ? content.length - Number(to) : Number(from)
      const last = from === '' || to === '' ? content.length - 1 : Number(to)
      status = 206
      fields.push('Content-Range', `bytes ${first}-${last}/${content.length}`)
      content = content.slice(first, last + 1)
    }
    if (status === 304 || options.method === 'HEAD') content = ''
    else if (chance.happens(0.5)) fields.push('Content-Length', String(content.length))
    const head: Made = { serial: made.length, asked, seen, status, fields }
    made.push(head)
    return { head, content, mark, message: 'Drawn' }
  }

  /** The turns that a call takes. After a failure or an abort nothing more is told. */
  function stepsOf(options: DispatchOptions, handler: DispatchHandler): (() => void)[] {
    let over = false
    const fail = (error: Error) => {
      if (over) return
      over = true
      handler.onResponseError?.(controller, error)
    }
    const controller: DispatchController & { rawHeaders: string[] | null; rawTrailers: string[] | null } = {
      aborted: false,
      paused: false,
      reason: null,
      rawHeaders: null,
      rawTrailers: null,
      abort: fail,
      pause() {},
      resume() {},
    }
    const { head, content, mark, message } = answer(options)
    const told = (fn: () => void) => () => {
      if (!over) fn()
    }
    const steps = [told(() => handler.onRequestStart?.(controller, {}))]
    if (chance.happens(0.02)) return [...steps, () => fail(new Error('the upstream is gone'))]
    if (chance.happens(0.02)) {
      steps.push(
        told(() => {
          controller.rawHeaders = ['Link', mark]
          handler.onResponseStart?.(controller, 103, { link: mark }, 'Early Hints')
        }),
      )
    }
    steps.push(
      told(() => {
        controller.rawHeaders = [...head.fields]
        handler.onResponseStart?.(controller, head.status, {}, message)
      }),
    )
    const half = chance.below(content.length + 1)
    for (const piece of [content.slice(0, half), content.slice(half)]) {
      if (piece !== '') steps.push(told(() => handler.onResponseData?.(controller, Buffer.from(piece, 'latin1'))))
      if (chance.happens(0.01)) return [...steps, () => fail(new Error('the upstream is gone in the middle'))]
    }
    steps.push(
      told(() => {
        over = true
        controller.rawTrailers = chance.happens(0.02) ? ['X-Trailer', mark] : []
        handler.onResponseEnd?.(controller, {})
      }),
    )
    return steps
  }

  return {
    made,
    confirmed,
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
      const at = chance.below(calls.length)
      const steps = calls[at]
      steps?.shift()?.()
      if (steps?.length === 0) calls.splice(calls.indexOf(steps), 1)
    },
  }
}
