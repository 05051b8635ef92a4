import type { Member } from '../member.ts'
import type { PolicySettings } from './policy.ts'

/** Draws that slow start may refuse, before the next one is taken as it comes. */
const refusals = 16

/** Draws for the second of two, before chance alone decides: one member may have nearly all of the weight. */
const others = 3

/**
 * Draws members by weight, O(1) a draw: an alias table (Vose 1991), built at the first draw after an update. Slow start is
 * a share of the draws that is refused, so that the table stands while shares grow.
 */
export class WeightedSample {
  readonly #settings: PolicySettings
  #members: readonly Member[] = []
  #built = false
  /** Undefined: all weights are the same. */
  #table: AliasTable | undefined

  constructor(settings: PolicySettings) {
    this.#settings = settings
  }

  update(members: readonly Member[]): void {
    this.#members = members
    this.#built = false
  }

  /** There must be one. */
  draw(now: number): Member {
    if (!this.#built) this.#build()
    const { random, slowStart } = this.#settings
    let member = this.#any()
    if (slowStart === undefined) return member
    for (let i = 0; i < refusals; i++) {
      if (member.rampSince === undefined) return member
      if (random() * member.weight < member.weightAt(now, slowStart)) return member
      member = this.#any()
    }
    return member
  }

  /** Another one than `first`. There must be two. */
  drawOther(first: Member, now: number): Member {
    for (let i = 0; i < others; i++) {
      const member = this.draw(now)
      if (member !== first) return member
    }
    const members = this.#members
    const at = Math.floor(this.#settings.random() * members.length)
    const member = members[at] as Member
    return member === first ? (members[(at + 1) % members.length] as Member) : member
  }

  #any(): Member {
    const table = this.#table
    const place = this.#settings.random() * this.#members.length
    let at = Math.floor(place)
    if (table !== undefined && place - at >= (table.own[at] as number)) at = table.alias[at] as number
    return this.#members[at] as Member
  }

  #build(): void {
    const weight = this.#members[0]?.weight
    this.#table = this.#members.every((member) => member.weight === weight) ? undefined : aliasTable(this.#members)
    this.#built = true
  }
}

/** A place is drawn evenly; the part `own` of it is that member's, the rest is the member's at `alias`. */
interface AliasTable {
  readonly own: Float64Array
  readonly alias: Int32Array
}

function aliasTable(members: readonly Member[]): AliasTable {
  const count = members.length
  const own = new Float64Array(count)
  const alias = new Int32Array(count)
  let total = 0
  for (const { weight } of members) total += weight
  // Places with less than a whole share from the front, those with more from the back.
  const waiting = new Int32Array(count)
  let poor = 0
  let rich = count
  for (let i = 0; i < count; i++) {
    own[i] = ((members[i] as Member).weight * count) / total
    waiting[(own[i] as number) < 1 ? poor++ : --rich] = i
  }
  let done = 0
  while (done < poor && rich < count) {
    const small = waiting[done++] as number
    const large = waiting[rich] as number
    alias[small] = large
    own[large] = (own[large] as number) + (own[small] as number) - 1
    if ((own[large] as number) < 1) {
      rich++
      waiting[poor++] = large
    }
  }
  // What is left is whole but for rounding.
  while (done < poor) own[waiting[done++] as number] = 1
  while (rich < count) own[waiting[rich++] as number] = 1
  return { own, alias }
}
