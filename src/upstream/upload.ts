import type { Readable } from 'node:stream'
import { ProxyError } from '../contract/errors.ts'

/** Who wants to know how an upload goes. */
export interface Uploader {
  uploaded(chunk: Buffer): void
  uploadDone(): void
  uploadFailed(error: Error): void
  /** The upstream takes more. */
  touch(): void
}

/** Where an upload goes: a Writable, or what is as much of one as it takes. */
export interface UploadSink {
  /** False: wait for `drain`. */
  write(chunk: Buffer): boolean
  end(): unknown
  on(event: 'drain', listener: () => void): unknown
  off(event: 'drain', listener: () => void): unknown
}

/**
 * Moves the content of a request to the upstream with backpressure.
 * @returns a function that stops it; the body is left as it stands, with whatever it has not given
 */
export function upload(body: Readable, to: UploadSink, uploader: Uploader): () => void {
  function onData(chunk: Buffer): void {
    const more = to.write(chunk)
    uploader.uploaded(chunk)
    if (!more) body.pause()
  }
  function onDrain(): void {
    uploader.touch()
    body.resume()
  }
  function onEnd(): void {
    stop()
    to.end()
    uploader.uploadDone()
  }
  function onError(error: Error): void {
    stop()
    uploader.uploadFailed(new ProxyError('SP_CLIENT_GONE', 'The content of the request broke off', error))
  }
  function onClose(): void {
    stop()
    uploader.uploadFailed(new ProxyError('SP_CLIENT_GONE', 'The content of the request broke off'))
  }
  function stop(): void {
    body.off('data', onData)
    body.off('end', onEnd)
    body.off('error', onError)
    body.off('close', onClose)
    to.off('drain', onDrain)
  }

  // Stays: an error after we lost interest must not be unhandled.
  body.on('error', ignore)
  if (body.readableEnded) {
    onEnd()
  } else if (body.destroyed) {
    onClose()
  } else {
    body.on('data', onData)
    body.on('end', onEnd)
    body.on('error', onError)
    body.on('close', onClose)
    to.on('drain', onDrain)
    body.resume()
  }
  return stop
}

function ignore(): void {}
