import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { until } from './patience.ts'

/** A port of 127.0.0.1 where a connection neither stands nor fails: the queue of the listener is full, SYNs are dropped. */
export async function stalledPort(): Promise<{ port: number; close(): Promise<void> }> {
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(program, { eval: true, workerData: gate })
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  const fillers: Socket[] = []
  let standing = 0
  for (let i = 0; i < 8; i++) {
    const socket = connect(port, '127.0.0.1', () => standing++)
    socket.on('error', () => {})
    fillers.push(socket)
  }
  await until(() => standing >= 1, 'the queue of the stalled port filled')
  return {
    port,
    async close() {
      for (const socket of fillers) socket.destroy()
      Atomics.store(gate, 0, 1)
      Atomics.notify(gate, 0)
      await worker.terminate()
    },
  }
}

// The thread sleeps as soon as it listens, so the kernel takes connections until the queue is full and nobody accepts them.
const program = `
const { createServer } = require('node:net')
const { parentPort, workerData } = require('node:worker_threads')
const server = createServer()
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port)
  setImmediate(() => Atomics.wait(workerData, 0, 0))
})
`
