import { constants } from 'node:os'

/** Waits for the first SIGINT or SIGTERM. From then on a second one ends the process at once, with 130 or 143. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first = true
    const onSignal = (signal: NodeJS.Signals): void => {
      if (!first) process.exit(128 + constants.signals[signal])
      first = false
      resolve(signal)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}
