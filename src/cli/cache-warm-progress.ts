import { isatty } from 'node:tty'
import { SingleBar } from 'cli-progress'
import type { Tally } from './cache-warm-tally.ts'

/** Shows how far it is. */
export interface Progress {
  update(): void
  stop(): void
}

/** A bar on a terminal; elsewhere, as in a log, a line a second. */
export function showProgress(
  tally: Tally,
  total: number,
  stream: NodeJS.WriteStream,
  isTerminal = isatty(2),
): Progress {
  if (!isTerminal) {
    const timer = setInterval(() => {
      stream.write(`sallyport: ${tally.done} of ${total}: ${tally.short()}\n`)
    }, 1000)
    return { update() {}, stop: () => clearInterval(timer) }
  }
  const bar = new SingleBar({
    stream,
    format: '{bar} {value}/{total}  {short}  {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    fps: 10,
    etaBuffer: 200,
    clearOnComplete: true,
    noTTYOutput: true,
    // Ctrl-C is the program's own to handle.
    gracefulExit: false,
  })
  bar.start(total, 0, { short: tally.short() })
  return {
    update: () => bar.update(tally.done, { short: tally.short() }),
    stop: () => bar.stop(),
  }
}
