import type { Policy } from '../../../src/cache/memory/policy.ts'
import { Queue, type Queued } from '../../../src/cache/memory/queue.ts'

/** SIEVE (Zhang, Yang, Yue, Vigfusson, Rashmi, NSDI 2024), by bytes: one queue, and a hand that goes from old to new. */
export function sieve<N extends Queued<N>>(): Policy<N> {
  const queue = new Queue<N>(1)
  let hand: N | undefined

  return {
    insert: (node) => queue.push(node),
    replace(old, node) {
      node.uses = old.uses
      if (hand === old) hand = node
      queue.replace(old, node)
    },
    reweigh(node, weight) {
      queue.weight += weight - node.weight
      node.weight = weight
    },
    remove(node) {
      if (hand === node) hand = node.newer
      queue.remove(node)
    },
    evict() {
      let node = hand ?? queue.oldest
      while (node !== undefined && node.uses > 0) {
        node.uses = 0
        node = node.newer ?? queue.oldest
      }
      if (node === undefined) return undefined
      hand = node.newer
      queue.remove(node)
      return node
    },
    clear() {
      for (let node = queue.oldest; node !== undefined; node = queue.oldest) queue.remove(node)
      hand = undefined
    },
  }
}
