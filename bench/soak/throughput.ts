import { once } from 'node:events'
import http from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Running } from '../peers/launch.ts'
import { processCost } from '../peers/process-cost.ts'
import { bigOrigin } from './big-origin.ts'
import { MB, megabytes, settledMemory, soak, type Verdict, watchRss } from './soak.ts'

// 1 GB through the proxy, down and then up. A proxy that streams holds a few pieces of it at a time.

const SIZE = 1024 * MB
const GOAL = 64 * MB
const WARM_UP = 16 * MB

const origin = await bigOrigin()
await soak(origin.port, async (proxy) => {
  const down = await growth('download', proxy, () => download(proxy.port, SIZE))
  // Node gives each piece of an upload a buffer of its own, and V8 lets 64 MB of dead ones lie before it must collect them: a
  // peak near that is garbage, not held memory. Some first, so that compiled code and the first of those do not count.
  await upload(proxy.port, WARM_UP)
  return [down, await growth('upload', proxy, () => upload(proxy.port, SIZE))]
})
await origin.close()

async function growth(name: string, proxy: Running, move: () => Promise<number>): Promise<Verdict> {
  const before = processCost(proxy.pid).rssBytes
  const stop = watchRss(proxy.pid)
  const started = performance.now()
  const bytes = await move()
  const seconds = (performance.now() - started) / 1000
  const grown = stop() - before
  const held = (await settledMemory(proxy)).rss - before
  return {
    claim: `${name} of 1 GB grows the process by less than ${megabytes(GOAL)}`,
    measured: `${megabytes(grown)}, of which ${megabytes(held)} stay after a collection (${megabytes(bytes)} in ${seconds.toFixed(1)} s, ${(bytes / MB / seconds).toFixed(0)} MB/s)`,
    met: grown < GOAL && bytes === SIZE,
  }
}

/** Bytes that arrived. */
async function download(port: number, size: number): Promise<number> {
  const request = http.get({ host: '127.0.0.1', port, path: `/bytes/${size}`, agent: false })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  let bytes = 0
  for await (const chunk of response) bytes += (chunk as Buffer).length
  return bytes
}

/** Bytes that the origin got of this upload. */
async function upload(port: number, size: number): Promise<number> {
  const before = origin.moved.received
  const headers = { 'content-length': size, 'content-type': 'application/octet-stream' }
  const request = http.request({ host: '127.0.0.1', port, method: 'POST', path: '/upload', headers, agent: false })
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>
  const piece = Buffer.alloc(Math.min(size, 64 * 1024), 'x')
  for (let left = size; left > 0; left -= piece.length) if (!request.write(piece)) await once(request, 'drain')
  request.end()
  const [response] = await answered
  await buffer(response)
  return origin.moved.received - before
}
