/** Runs so many at a time; the others wait, up to a number. */
export interface HashQueue {
  /** Undefined: too many wait, and it was not begun. */
  run<T>(work: () => Promise<T>): Promise<T> | undefined
}

export function hashQueue(concurrency: number, mostWaiting: number): HashQueue {
  const waiting: (() => void)[] = []
  let running = 0

  function release(): void {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }

  return {
    run(work) {
      if (running < concurrency) {
        running++
        return work().finally(release)
      }
      if (waiting.length >= mostWaiting) return undefined
      return new Promise<void>((resolve) => waiting.push(resolve)).then(() => work().finally(release))
    },
  }
}
