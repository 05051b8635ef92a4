import { Ghosts } from './ghosts.ts'
import type { Policy } from './policy.ts'
import { Queue, type Queued } from './queue.ts'

const small = 1
const main = 2

/** Share of the bytes that is a trial for what is new. */
const trial = 0.1
/** Uses of one entry that are counted, at most: with three, yesterday's favourites outlast today's news. */
export const mostUses = 2
/** Entries that one eviction looks at, at most: a pause is worth more than the best choice. */
const patience = 128

/**
 * S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction", SOSP 2023), by bytes. What is
 * new stands in a small queue first; who is not used there leaves soon, and is remembered by its hash. Who is used there, or
 * comes back while it is remembered, stands in the main queue, where each use is worth another round.
 */
export function s3Fifo<N extends Queued<N>>(maxBytes: number): Policy<N> {
  const smallQueue = new Queue<N>(small)
  const mainQueue = new Queue<N>(main)
  const ghosts = new Ghosts()
  const smallBytes = maxBytes * trial

  const queueOf = (node: N): Queue<N> => (node.place === small ? smallQueue : mainQueue)
  const remembered = (): number => Math.max(16, mainQueue.length + smallQueue.length)

  function fromSmall(): N | undefined {
    for (let node = smallQueue.oldest; node !== undefined; node = smallQueue.oldest) {
      smallQueue.remove(node)
      if (node.uses === 0) {
        ghosts.add(node.hash, remembered())
        return node
      }
      node.uses = 0
      mainQueue.push(node)
      if (smallQueue.weight <= smallBytes) return undefined
    }
    return undefined
  }

  function fromMain(): N | undefined {
    let node = mainQueue.oldest
    for (let looked = 1; node !== undefined && node.uses > 0 && looked < patience; looked++) {
      mainQueue.remove(node)
      node.uses--
      mainQueue.push(node)
      node = mainQueue.oldest
    }
    if (node !== undefined) mainQueue.remove(node)
    return node
  }

  return {
    insert(node) {
      if (ghosts.take(node.hash, remembered())) mainQueue.push(node)
      else smallQueue.push(node)
    },
    replace(old, node) {
      node.uses = old.uses
      queueOf(old).replace(old, node)
    },
    reweigh(node, weight) {
      queueOf(node).weight += weight - node.weight
      node.weight = weight
    },
    remove(node) {
      queueOf(node).remove(node)
    },
    evict() {
      if (smallQueue.weight > smallBytes || mainQueue.length === 0) {
        const node = fromSmall()
        if (node !== undefined) return node
      }
      return fromMain() ?? fromSmall()
    },
    clear() {
      for (const queue of [smallQueue, mainQueue]) {
        queue.newest = undefined
        queue.oldest = undefined
        queue.length = 0
        queue.weight = 0
      }
      ghosts.clear()
    },
  }
}
