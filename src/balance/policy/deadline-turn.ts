import type { Member } from '../member.ts'
import { type PolicyAsk, type PolicySettings, usable } from './policy.ts'
import { scan } from './scan.ts'

/** Turns that members which cannot be had are passed over for, before the rest is searched. */
const patience = 32

/**
 * Round-robin for large sets, O(log n) a pick: earliest deadline first (Envoy). The next deadline of a member is `1 / weight`
 * after its last one; time is the deadline of the last pick; equal deadlines go by age. More bursty than the smooth turn:
 * weights 5, 1, 1 give a a a a b c a.
 *
 * Members come with their `credit` of the smooth turn and leave with it: `credit / sum of weights` is the part of a turn
 * that is owed to them.
 */
export class DeadlineTurn {
  readonly #settings: PolicySettings
  #members: readonly Member[] = []
  #total = 0
  #built = false
  #time = 0
  /** By the place of the member in the list. */
  #deadlines = new Float64Array(0)
  /** When its deadline was set, counted in settings. */
  #ages = new Float64Array(0)
  #age = 0
  /** Places, the earliest first: a binary heap. */
  #heap = new Int32Array(0)

  constructor(settings: PolicySettings) {
    this.#settings = settings
  }

  /** @param total the sum of the weights */
  enter(members: readonly Member[], total: number): void {
    this.#members = members
    this.#total = total
    this.#built = false
  }

  /** Gives the members their credit back. They have to enter again. */
  leave(): void {
    if (!this.#built) return
    for (const [i, member] of this.#members.entries()) {
      const owed = 1 - ((this.#deadlines[i] as number) - this.#time) * member.weight
      // No credit at all is the mark of a newcomer.
      member.credit = owed === 0 ? Number.MIN_VALUE : owed * this.#total
    }
    this.#members = []
    this.#built = false
  }

  pick(ask: PolicyAsk): Member | undefined {
    if (!this.#built) this.#build(ask.now)
    for (let i = 0; i < patience; i++) {
      const first = this.#heap[0] as number
      const member = this.#members[first] as Member
      this.#time = this.#deadlines[first] as number
      this.#deadlines[first] = this.#time + 1 / member.weightAt(ask.now, this.#settings.slowStart)
      this.#ages[first] = this.#age++
      this.#sink(0)
      // One that cannot be had now has its next turn when it would have had it anyway.
      if (usable(member, ask)) return member
    }
    return scan(this.#members, Math.floor(this.#settings.random() * this.#members.length), ask)
  }

  #build(now: number): void {
    const { random, slowStart } = this.#settings
    const count = this.#members.length
    this.#deadlines = new Float64Array(count)
    this.#ages = new Float64Array(count)
    this.#heap = new Int32Array(count)
    for (let i = 0; i < count; i++) {
      const member = this.#members[i] as Member
      // Newcomers begin anywhere in their first turn, so that many processes do not march in step.
      const owed = member.credit === 0 ? random() : member.credit / this.#total
      this.#deadlines[i] = this.#time + (1 - owed) / member.weightAt(now, slowStart)
      this.#ages[i] = this.#age++
      this.#heap[i] = i
    }
    for (let i = (count >> 1) - 1; i >= 0; i--) this.#sink(i)
    this.#built = true
  }

  #sink(at: number): void {
    const heap = this.#heap
    const count = heap.length
    const sinking = heap[at] as number
    for (;;) {
      let child = 2 * at + 1
      if (child >= count) break
      if (child + 1 < count && this.#before(heap[child + 1] as number, heap[child] as number)) child++
      const rising = heap[child] as number
      if (this.#before(sinking, rising)) break
      heap[at] = rising
      at = child
    }
    heap[at] = sinking
  }

  #before(a: number, b: number): boolean {
    const first = this.#deadlines[a] as number
    const second = this.#deadlines[b] as number
    return first < second || (first === second && (this.#ages[a] as number) < (this.#ages[b] as number))
  }
}
