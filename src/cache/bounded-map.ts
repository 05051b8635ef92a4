/** A map of at most so many keys: one more takes the place of the oldest. */
export class BoundedMap<K, V> {
  readonly #most: number
  readonly #map = new Map<K, V>()

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#map.size
  }

  get(key: K): V | undefined {
    return this.#map.get(key)
  }

  set(key: K, value: V): void {
    this.#map.delete(key)
    if (this.#map.size >= this.#most) this.#map.delete(this.#map.keys().next().value as K)
    this.#map.set(key, value)
  }

  delete(key: K): void {
    this.#map.delete(key)
  }

  clear(): void {
    this.#map.clear()
  }
}
