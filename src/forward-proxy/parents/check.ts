import { type ChainTools, dialChain } from './chain.ts'
import type { HopError } from './hop-error.ts'
import type { Way } from './ways.ts'

export interface WayReport {
  readonly name: string
  /** Null when its last parent accepts a connection, TLS included. Says nothing of what that parent then does. */
  readonly error: HopError | null
}

const atATime = 8

/** Dials all ways, eight at a time, and says how it went, in the order of the ways. Calls back once, unless cancelled. */
export function checkWays(
  ways: readonly Way[],
  tools: ChainTools,
  callback: (reports: readonly WayReport[]) => void,
): () => void {
  const reports: WayReport[] = ways.map(({ name }) => ({ name, error: null }))
  const cancels = new Set<() => void>()
  let next = 0
  let left = ways.length
  let over = false

  function begin(): void {
    const index = next++
    const way = ways[index]
    if (way === undefined || over) return
    let answered = false
    let cancel: (() => void) | undefined
    cancel = dialChain(way.hops, undefined, tools, (error, socket) => {
      answered = true
      if (cancel !== undefined) cancels.delete(cancel)
      socket?.destroy()
      reports[index] = { name: way.name, error }
      if (--left === 0) callback(reports)
      else begin()
    })
    if (!answered) cancels.add(cancel)
  }

  for (let i = 0; i < atATime; i++) begin()
  return () => {
    over = true
    for (const cancel of cancels) cancel()
  }
}
