import type { Clock } from '../../../src/contract/clock.ts'
import type { Exchange } from '../../../src/contract/exchange.ts'
import type { Dispatch, DispatchController, DispatchHandler, Layer } from '../../../src/contract/layer.ts'
import { exchangeWith } from '../../http/exchange-with.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { type Chance, chanceOf } from './chance.ts'
import { drawRequest } from './draw-request.ts'
import { marksIn, tagOf } from './make-answer.ts'
import { type Asked, type Made, needsConfirmation, type Secret, whySecret } from './model.ts'
import { askedField, type MarkingUpstream, markingUpstream } from './upstream.ts'

export interface LeakRun {
  readonly seed: number
  readonly exchanges: number
  /** What is to be tried, with the clock that it lives by. */
  readonly layer: (clock: Clock, asks: readonly Asked[], made: readonly Made[]) => Layer
}

export interface Leak {
  readonly why: Secret | 'interim'
  /** The answer, and the request that it was given to. */
  readonly what: string
}

export interface LeakReport {
  /** What a client was given that was not for it: the first three of each kind. */
  readonly leaks: readonly Leak[]
  /** Exchanges that had no end, or more than one. */
  readonly unfinished: number
  /** Answers that were made for another request. */
  readonly shared: number
  /** The same, made for the other client. */
  readonly sharedWithOther: number
  /** Calls that reached the upstream. */
  readonly asked: number
}

/**
 * Two clients make random requests, some at the same time, of an upstream that draws its answers and marks each. Whatever
 * mark a client sees is looked up: may it see the answer that was made for another?
 */
export async function runLeakFuzz({ seed, exchanges, layer }: LeakRun): Promise<LeakReport> {
  const chance = chanceOf(seed)
  const clock = fakeClock()
  const asks: Asked[] = []
  const judge = new Judge()
  const upstream = markingUpstream(chance, clock, asks)
  const dispatch = layer(clock, asks, upstream.made)(upstream.dispatch)
  let turns = 0
  while (asks.length < exchanges) {
    if (chance.happens(0.6) && judge.open < 24) ask(chance, dispatch, asks, judge, upstream)
    else upstream.step()
    if (chance.happens(0.3)) clock.advance(chance.below(3000))
    if (++turns % 50 === 0) await nextTurn()
  }
  for (let round = 0; round < 1000 && (upstream.pending > 0 || judge.open > 0); round++) {
    while (upstream.pending > 0) upstream.step()
    clock.advance(1000)
    await nextTurn()
  }
  const { leaks, shared, sharedWithOther, open, again } = judge
  return { leaks, shared, sharedWithOther, unfinished: open + again, asked: upstream.made.length }
}

function ask(chance: Chance, dispatch: Dispatch, asks: Asked[], judge: Judge, upstream: MarkingUpstream): void {
  const tags = upstream.made.slice(-20).flatMap((one) => tagOf(one) ?? [])
  const asked = drawRequest(chance, asks.length, tags.slice(-2))
  const fields = [...asked.fields, askedField, String(asks.length)]
  asks.push(asked)
  const client = new Client(asked, judge, upstream)
  const [path = '', query] = asked.path.split('?')
  dispatch(
    {
      origin: 'http://up.test',
      path: asked.path,
      method: asked.method as 'GET',
      headers: fields,
      body: asked.hasBody ? Buffer.from('content') : null,
      exchange: exchangeOf(asked, fields, path, query === undefined ? '' : `?${query}`),
    },
    client,
  )
  if (chance.happens(0.03)) client.leave()
}

function exchangeOf({ method, host }: Asked, fields: readonly string[], path: string, query: string): Exchange {
  const target = { method, authority: host, host, port: undefined, path, query, canonicalPath: path }
  // A peer that is trusted: what it says of X-Forwarded-Host goes on to the upstream.
  return exchangeWith({ fields, target, client: { trusted: true } })
}

/** Reads all that it is given. */
class Client implements DispatchHandler {
  readonly #asked: Asked
  readonly #judge: Judge
  readonly #upstream: MarkingUpstream
  #controller: DispatchController | undefined
  #told = ''
  #content = ''
  #isOver = false

  constructor(asked: Asked, judge: Judge, upstream: MarkingUpstream) {
    this.#asked = asked
    this.#judge = judge
    this.#upstream = upstream
    judge.open++
  }

  leave(): void {
    if (!this.#isOver) this.#controller?.abort(new Error('the client has left'))
  }

  onRequestStart(controller: DispatchController): void {
    this.#controller = controller
  }

  onResponseStart(controller: DispatchController, status: number): void {
    const text = (controller.rawHeaders as string[]).join('\n')
    if (status >= 200) this.#told += text
    else this.#judge.interim(text, this.#asked, this.#upstream)
  }

  onResponseData(_: DispatchController, chunk: Buffer): void {
    this.#content += chunk.toString('latin1')
  }

  onResponseEnd(controller: DispatchController): void {
    this.#told += ((controller.rawTrailers ?? []) as string[]).join('\n')
    this.#end()
  }

  onResponseError(): void {
    this.#end()
  }

  #end(): void {
    if (this.#isOver) {
      this.#judge.again++
      return
    }
    this.#isOver = true
    this.#judge.open--
    this.#judge.answer(this.#told, this.#content, this.#asked, this.#upstream)
  }
}

class Judge {
  readonly leaks: Leak[] = []
  shared = 0
  sharedWithOther = 0
  open = 0
  /** Ends after the end. */
  again = 0

  answer(told: string, content: string, reader: Asked, { made, confirmed, loosened }: MarkingUpstream): void {
    const inContent = new Set(marksIn(content))
    let isShared = false
    let isOthers = false
    for (const serial of new Set([...marksIn(told), ...inContent])) {
      const answer = made[serial] as Made
      if (answer.asked === reader) continue
      isShared = true
      if (answer.asked.client !== reader.client) isOthers = true
      const secret = whySecret(answer, reader)
      if (secret !== undefined) this.#leak(secret, answer, reader)
      else if (needsConfirmation(answer) && !loosened.has(answer.base ?? answer)) {
        if ((confirmed.get(answer.base ?? answer) ?? -1) < reader.turn) this.#leak('no-cache', answer, reader)
      }
    }
    if (isShared) this.shared++
    if (isOthers) this.sharedWithOther++
  }

  /** RFC 9110 15.2: what is said on the way is for the one that waits. */
  interim(text: string, reader: Asked, { made }: MarkingUpstream): void {
    for (const serial of marksIn(text)) {
      const answer = made[serial] as Made
      if (answer.asked !== reader) this.#leak('interim', answer, reader)
    }
  }

  #leak(why: Leak['why'], answer: Made, reader: Asked): void {
    if (this.leaks.filter((leak) => leak.why === why).length < 3)
      this.leaks.push({ why, what: JSON.stringify({ answer: { ...answer, words: answer.words.length }, reader }) })
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
