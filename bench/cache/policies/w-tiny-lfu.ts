import { Queue, type Queued } from '../../../src/cache/memory/queue.ts'
import type { SimulatedPolicy } from '../simulated-policy.ts'
import { FrequencySketch } from './frequency-sketch.ts'

const window = 1
const probation = 2
const guarded = 3
const guardedShare = 0.8

/**
 * W-TinyLFU (Einziger, Friedman, Manes: "TinyLFU", 2017; "Adaptive software cache management", 2018), by bytes: a window for
 * what is new, a main part that lets in who is asked for more often than whom it would drive out, and a climber that
 * moves the border between them.
 */
export function wTinyLfu<N extends Queued<N>>(maxBytes: number, entries: number): SimulatedPolicy<N> {
  const windowQueue = new Queue<N>(window)
  const probationQueue = new Queue<N>(probation)
  const guardedQueue = new Queue<N>(guarded)
  const queues = [windowQueue, probationQueue, guardedQueue]
  const sketch = new FrequencySketch(entries)
  const sample = 10 * entries
  let windowShare = 0.01
  let step = 0.0625
  let hits = 0
  let asked = 0
  let before = 0

  const queueOf = (node: N): Queue<N> => queues[node.place - 1] as Queue<N>
  const windowBytes = (): number => maxBytes * windowShare

  function climb(): void {
    if (++asked < sample) return
    const ratio = hits / asked
    if (ratio < before) step = -step
    windowShare = Math.min(0.8, Math.max(0.01, windowShare + step))
    step = Math.abs(ratio - before) >= 0.05 ? Math.sign(step) * 0.0625 : step * 0.98
    before = ratio
    hits = 0
    asked = 0
  }

  function settle(): void {
    const limit = (maxBytes - windowBytes()) * guardedShare
    for (
      let node = guardedQueue.oldest;
      node !== undefined && guardedQueue.weight > limit;
      node = guardedQueue.oldest
    ) {
      guardedQueue.remove(node)
      probationQueue.push(node)
    }
  }

  return {
    insert(node) {
      climb()
      sketch.add(node.hash)
      windowQueue.push(node)
    },
    hit(node) {
      hits++
      climb()
      sketch.add(node.hash)
      const queue = queueOf(node)
      queue.remove(node)
      if (queue === windowQueue) windowQueue.push(node)
      else {
        guardedQueue.push(node)
        settle()
      }
    },
    replace(old, node) {
      queueOf(old).replace(old, node)
    },
    reweigh(node, weight) {
      queueOf(node).weight += weight - node.weight
      node.weight = weight
    },
    remove: (node) => queueOf(node).remove(node),
    evict() {
      while (windowQueue.weight > windowBytes()) {
        const candidate = windowQueue.oldest as N
        const victim = probationQueue.oldest ?? guardedQueue.oldest
        windowQueue.remove(candidate)
        const mainBytes = probationQueue.weight + guardedQueue.weight
        if (victim === undefined || mainBytes + candidate.weight <= maxBytes - windowBytes()) {
          probationQueue.push(candidate)
          continue
        }
        if (sketch.count(candidate.hash) <= sketch.count(victim.hash)) return candidate
        queueOf(victim).remove(victim)
        probationQueue.push(candidate)
        return victim
      }
      const victim = probationQueue.oldest ?? guardedQueue.oldest ?? windowQueue.oldest
      if (victim !== undefined) queueOf(victim).remove(victim)
      return victim
    },
    clear() {
      for (const queue of queues)
        for (let node = queue.oldest; node !== undefined; node = queue.oldest) queue.remove(node)
    },
  }
}
