import { once } from 'node:events'
import http from 'node:http'
import { setTimeout } from 'node:timers/promises'
import type { Running } from '../peers/launch.ts'
import { bigOrigin, readSlowly } from './big-origin.ts'
import { MB, megabytes, settledMemory, soak, type Verdict, watchRss } from './soak.ts'

// One side sends 1 GB as fast as it may, the other reads 1 KB a second. The proxy in between must stop reading, not buffer.
// What the kernel holds in socket buffers is on the sender's count, but not in the proxy's memory.

const SIZE = 1024 * MB
const WATCH_SECONDS = 15
const READ_PAUSE = 1000
const GOAL = 8 * MB

let uploaded = 0

const origin = await bigOrigin({ readPause: READ_PAUSE })
await soak(origin.port, async (proxy) => {
  await warmUp(proxy.port)
  return [
    await held('a client that reads 1 KB/s of 1 GB', proxy, slowDownload, () => origin.moved.sent),
    await held('an origin that reads 1 KB/s of 1 GB', proxy, slowUpload, () => uploaded),
  ]
})
await origin.close()

async function held(
  who: string,
  proxy: Running,
  begin: (port: number) => http.ClientRequest,
  sent: () => number,
): Promise<Verdict> {
  const before = (await settledMemory(proxy)).rss
  const sentBefore = sent()
  const stop = watchRss(proxy.pid)
  const request = begin(proxy.port)
  await setTimeout(WATCH_SECONDS * 1000)
  const grown = stop() - before
  const taken = sent() - sentBefore
  request.destroy()
  return {
    claim: `${who} grows the process by less than ${megabytes(GOAL)} in ${WATCH_SECONDS} s`,
    measured: `${megabytes(grown)} (the sender got rid of ${megabytes(taken)}, kernel buffers included)`,
    met: grown < GOAL && taken > 0 && taken < SIZE / 4,
  }
}

function slowDownload(port: number): http.ClientRequest {
  const request = http.get({ host: '127.0.0.1', port, path: `/bytes/${SIZE}`, agent: false })
  request.on('error', () => {})
  request.on('response', (response) => {
    response.on('error', () => {})
    void readSlowly(response, READ_PAUSE, () => {})
  })
  return request
}

function slowUpload(port: number): http.ClientRequest {
  const headers = { 'content-length': SIZE, 'content-type': 'application/octet-stream' }
  const request = http.request({ host: '127.0.0.1', port, method: 'POST', path: '/slow', headers, agent: false })
  request.on('error', () => {})
  const piece = Buffer.alloc(64 * 1024, 'x')
  const more = () => {
    do uploaded += piece.length
    while (request.write(piece) && uploaded < SIZE)
  }
  request.on('drain', more)
  more()
  return request
}

/** 16 MB at full speed, so that buffers a stream needs anyway are there before the measure. */
async function warmUp(port: number): Promise<void> {
  const request = http.get({ host: '127.0.0.1', port, path: `/bytes/${16 * MB}`, agent: false })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  response.resume()
  await once(response, 'end')
}
