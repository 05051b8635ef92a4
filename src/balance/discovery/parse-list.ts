import { Worker } from 'node:worker_threads'
import { type Bounds, boundedWait } from './bounded-wait.ts'

/** Characters of YAML that are read on the spot: some milliseconds, some tens at worst. */
const mostOnTheSpot = 4096

/** For one text in a thread. */
const timeout = 10_000

/**
 * JSON where the path says so, else YAML. A long YAML text takes seconds, and a hostile one the square of its length: it is
 * read in a thread of its own, so that nobody's request waits for it.
 */
export async function parseList(path: string, bytes: Buffer, bounds: Omit<Bounds, 'timeout'>): Promise<unknown> {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  if (text.trim() === '') throw new Error('it is empty; write [] for a list without upstreams')
  if (path.endsWith('.json')) return JSON.parse(text)
  if (text.length > mostOnTheSpot) return parseInThread(text, { ...bounds, timeout })
  const yaml = await import('yaml')
  return yaml.parse(text, { logLevel: 'error' })
}

/** Run as a script in the thread. Errors cross as text: those of the parser carry the whole document. */
const script = `
const { parentPort, workerData } = require('node:worker_threads')
import(workerData.yaml)
  .then((yaml) => parentPort.postMessage({ value: (yaml.parse ?? yaml.default.parse)(workerData.text, { logLevel: 'error' }) }))
  .catch((error) => parentPort.postMessage({ reason: String(error.message) }))
`

function parseInThread(text: string, bounds: Bounds): Promise<unknown> {
  return boundedWait(bounds, (done, fail) => {
    const worker = new Worker(script, {
      eval: true,
      execArgv: [],
      workerData: { text, yaml: import.meta.resolve('yaml') },
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    })
    worker.unref()
    worker.on('message', (said: { readonly value?: unknown; readonly reason?: string }) => {
      if (said.reason === undefined) done(said.value)
      else fail(new Error(said.reason))
    })
    worker.on('error', fail)
    worker.on('exit', () => fail(new Error('the thread that read it ended')))
    return () => void worker.terminate()
  })
}
