import { Worker } from 'node:worker_threads'

/** Threads that compare bcrypt hashes. Made when one is needed; as many as compare at once. */
export interface BcryptWorkers {
  /** @throws when the thread failed or was closed meanwhile */
  compare(password: string, hash: string): Promise<boolean>
  close(): void
}

interface Slot {
  readonly worker: Worker
  settle: ((equal: boolean | Error) => void) | undefined
}

export function bcryptWorkers(): BcryptWorkers {
  const idle: Slot[] = []
  const all = new Set<Slot>()
  let closed = false

  function open(): Slot {
    const slot: Slot = { worker: new Worker(script), settle: undefined }
    all.add(slot)
    slot.worker.on('message', (equal: boolean) => {
      // An idle thread does not keep the process alive; one at work does.
      slot.worker.unref()
      idle.push(slot)
      settle(slot, equal)
    })
    slot.worker.on('error', (error) => drop(slot, error instanceof Error ? error : new Error(String(error))))
    slot.worker.on('exit', () => drop(slot, new Error('the bcrypt thread ended')))
    return slot
  }

  function settle(slot: Slot, outcome: boolean | Error): void {
    const { settle: done } = slot
    slot.settle = undefined
    done?.(outcome)
  }

  function drop(slot: Slot, error: Error): void {
    all.delete(slot)
    const at = idle.indexOf(slot)
    if (at !== -1) idle.splice(at, 1)
    settle(slot, error)
  }

  return {
    compare(password, hash) {
      if (closed) return Promise.reject(new Error('the bcrypt threads are closed'))
      const slot = idle.pop() ?? open()
      return new Promise((resolve, reject) => {
        slot.settle = (outcome) => (typeof outcome === 'boolean' ? resolve(outcome) : reject(outcome))
        slot.worker.ref()
        slot.worker.postMessage({ password, hash })
      })
    },
    close() {
      closed = true
      for (const { worker } of all) void worker.terminate()
    },
  }
}

// The built package has the script beside this one, compiled.
const script = new URL(import.meta.url.endsWith('.ts') ? './bcrypt-thread.ts' : './bcrypt-thread.js', import.meta.url)
