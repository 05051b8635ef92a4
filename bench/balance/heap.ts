export interface Ordered {
  readonly at: number
  /** Decides between equals. */
  readonly order: number
}

/** A binary heap: the earliest first. */
export class Heap<T extends Ordered> {
  readonly #items: T[] = []

  get first(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = items[parent] as T
      if (before(above, item)) break
      items[at] = above
      at = parent
    }
    items[at] = item
  }

  /** Takes the first away. */
  pop(): void {
    const items = this.#items
    const sinking = items.pop() as T
    const count = items.length
    if (count === 0) return
    let at = 0
    for (let child = 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && before(items[child + 1] as T, items[child] as T)) child++
      const rising = items[child] as T
      if (before(sinking, rising)) break
      items[at] = rising
      at = child
    }
    items[at] = sinking
  }
}

function before(a: Ordered, b: Ordered): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
