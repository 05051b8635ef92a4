import { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'

/**
 * Copies what a stream gives to whoever reads it. Does not read itself: nothing flows sooner or faster for it, and a
 * reader that pauses pauses the copy.
 *
 * `done` is called at most once: with the content, or with undefined when there is none to be had: more than `limit`
 * bytes, not the `declared` number of them, or an end before the end.
 * @param declared what Content-Length says; -1 when there is none
 * @returns a function that stops the copying; `done` is not called any more
 */
export function copyBody(
  body: Readable,
  limit: number,
  declared: number,
  done: (content: Buffer | undefined) => void,
): () => void {
  let content = Buffer.allocUnsafe(Math.max(0, Math.min(declared, limit)))
  let length = 0

  function onData(chunk: unknown): void {
    if (!(chunk instanceof Uint8Array) || length + chunk.length > limit) {
      finish(undefined)
      return
    }
    if (length + chunk.length > content.length) content = grown(content, length, length + chunk.length, limit)
    content.set(chunk, length)
    length += chunk.length
  }
  function onEnd(): void {
    // A message that nobody reads ends without its content: then an empty one is not to be told from one thrown away.
    finish((declared === -1 ? length > 0 : length === declared) ? content.subarray(0, length) : undefined)
  }
  function onClose(): void {
    finish(undefined)
  }
  function finish(whole: Buffer | undefined): void {
    stop()
    done(whole)
  }
  function stop(): void {
    content = nothing
    body.off('data', onData)
    body.off('end', onEnd)
    body.off('close', onClose)
  }

  // Not `body.on`: a stream's own `on('data')` makes it flow, and the reader has not come yet.
  EventEmitter.prototype.on.call(body, 'data', onData)
  body.on('end', onEnd)
  body.on('close', onClose)
  return stop
}

const nothing = Buffer.alloc(0)

/** One piece of memory that doubles: a body in thousands of pieces costs no more than its bytes. */
function grown(content: Buffer, length: number, least: number, limit: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafe(Math.min(limit, Math.max(least, content.length * 2, 1024)))
  larger.set(content.subarray(0, length))
  return larger
}
