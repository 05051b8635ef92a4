import { constants } from 'node:os'

// Ctrl-C under npx or `npm run` comes twice: from the terminal, and passed on by npm. A hand is slower than that.
const sameKeyPress = 200

/** Waits for the first SIGINT or SIGTERM. From then on a second one ends the process at once, with 130 or 143. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first = -1
    const onSignal = (signal: NodeJS.Signals): void => {
      const now = performance.now()
      if (first === -1) {
        first = now
        resolve(signal)
      } else if (now - first > sameKeyPress) {
        process.exit(128 + constants.signals[signal])
      }
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}
