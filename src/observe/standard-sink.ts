import { fstatSync } from 'node:fs'
import pino from 'pino'
import { createLineSink, dropCount, type LineSink, type LineSinkSettings } from './line-sink.ts'

/**
 * A sink to standard output (1) or standard error (2) that never blocks the event loop, and never the end of the process
 * either: pipes are written by the event loop, files and terminals by a thread.
 */
export function standardSink(fd: 1 | 2, settings: LineSinkSettings): LineSink {
  return isPipe(fd) ? pipeSink(fd, settings) : threadSink(fd, settings)
}

// A thread in write(2) to a pipe that nobody reads cannot be called back: `sallyport | less` would never end.
function isPipe(fd: number): boolean {
  try {
    const stat = fstatSync(fd)
    return stat.isFIFO() || stat.isSocket()
  } catch {
    return false
  }
}

function pipeSink(fd: 1 | 2, settings: LineSinkSettings): LineSink {
  const stream = fd === 1 ? process.stdout : process.stderr
  let broken = false
  // EPIPE: the reader has gone (`sallyport | head`). The traffic goes on.
  const onError = (): void => {
    broken = true
  }
  stream.on('error', onError)
  const sink = createLineSink(
    {
      write(line) {
        if (broken || !stream.writable) throw new Error('nobody reads')
        stream.write(line)
      },
      get writableLength() {
        return broken ? 0 : stream.writableLength
      },
    },
    settings,
  )
  return {
    write: sink.write,
    get dropped() {
      return sink.dropped
    },
    async close() {
      await sink.close()
      // A late EPIPE must find a listener; after a clean end none can come.
      if (!broken && stream.writableLength === 0) stream.off('error', onError)
    },
  }
}

function threadSink(fd: 1 | 2, settings: LineSinkSettings): LineSink {
  const drops = dropCount(settings.onDrop)
  // minLength 1 rather than 0: else flush() does nothing, and a full queue could not be moved on after an error.
  const stream = pino.destination({ dest: fd, sync: false, minLength: 1, maxLength: settings.maxPending })
  let failed = false
  let ended = false
  stream.on('drop', () => {
    drops.add()
    if (failed) stream.flush()
    failed = false
  })
  // A full disk. The lines wait, in their bounds, and are tried again with the next one.
  stream.on('error', () => {
    failed = true
  })
  return {
    write(line) {
      if (ended) drops.add()
      else stream.write(line)
    },
    get dropped() {
      return drops.total
    },
    close() {
      if (ended) return Promise.resolve()
      ended = true
      return new Promise((resolve) => {
        const timer = settings.clock.setTimer(() => {
          stream.destroy()
          resolve()
        }, 1000)
        stream.once('close', () => {
          settings.clock.clearTimer(timer)
          resolve()
        })
        stream.end()
      })
    },
  }
}
