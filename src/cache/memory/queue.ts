/** What an eviction policy keeps in an entry itself, so that an entry costs it no object of its own. */
export interface Queued<N> {
  /** Bytes that it takes, all told. */
  weight: number
  /** Tells it from others without its name; 32 bits. */
  readonly hash: number
  /** Times it was used of late, no more than a policy wants to know. */
  uses: number
  /** Which queue it is in; 0 for none. */
  place: number
  newer: N | undefined
  older: N | undefined
}

/** A queue whose links are in what stands in it: newest at the head, oldest at the tail. */
export class Queue<N extends Queued<N>> {
  readonly place: number
  newest: N | undefined = undefined
  oldest: N | undefined = undefined
  length = 0
  weight = 0

  /** @param place the number by which its members know it, not 0 */
  constructor(place: number) {
    this.place = place
  }

  push(node: N): void {
    node.place = this.place
    node.older = this.newest
    node.newer = undefined
    if (this.newest === undefined) this.oldest = node
    else this.newest.newer = node
    this.newest = node
    this.length++
    this.weight += node.weight
  }

  remove(node: N): void {
    if (node.newer === undefined) this.newest = node.older
    else node.newer.older = node.older
    if (node.older === undefined) this.oldest = node.newer
    else node.older.newer = node.newer
    this.length--
    this.weight -= node.weight
    node.place = 0
    // A node that is still held somewhere must not hold its old neighbours.
    node.newer = undefined
    node.older = undefined
  }

  /** Puts `node` where `old` stands. */
  replace(old: N, node: N): void {
    node.place = this.place
    node.newer = old.newer
    node.older = old.older
    if (node.newer === undefined) this.newest = node
    else node.newer.older = node
    if (node.older === undefined) this.oldest = node
    else node.older.newer = node
    this.weight += node.weight - old.weight
    old.place = 0
    old.newer = undefined
    old.older = undefined
  }
}
