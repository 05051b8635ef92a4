import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { isUntouched, ReplayBody } from '../../../src/balance/retry/replay-body.ts'
import { until } from '../../support/until.ts'

const pieces = (...all: string[]): Readable => Readable.from(all.map((one) => Buffer.from(one)))

/** Reads until so many bytes have come, then leaves. */
async function readSome(view: Readable, bytes: number): Promise<string> {
  let got = ''
  view.on('data', (chunk: Buffer) => {
    got += chunk.toString()
    if (got.length >= bytes) view.destroy()
  })
  await once(view, 'close')
  return got
}

test('the second view gives what the first has read, then the rest', async () => {
  const body = new ReplayBody(pieces('one ', 'two ', 'three ', 'four'), 100)

  assert.equal(await readSome(body.open(), 5), 'one two ')
  assert.equal(body.replayable, true)
  assert.equal(await readSome(body.open(), 10), 'one two three ')
  assert.equal(await text(body.open()), 'one two three four')
  assert.equal(await text(body.open()), 'one two three four')
})

test('nothing is read from the client before a view is read', async () => {
  const source = pieces('x')
  const body = new ReplayBody(source, 100)

  body.open()
  await new Promise(setImmediate)

  assert.ok(isUntouched(source))
  assert.equal(await text(body.open()), 'x')
})

test('past the cap the content still goes through, and can no longer be replayed', async () => {
  const body = new ReplayBody(pieces('12345', '67890', 'x'), 10)

  assert.equal(await text(body.open()), '1234567890x')
  assert.equal(body.replayable, false)
})

test('content of just the cap can be replayed', async () => {
  const body = new ReplayBody(pieces('12345', '67890'), 10)

  await text(body.open())

  assert.equal(body.replayable, true)
})

test('a reader that is slow holds the client back', async () => {
  let given = 0
  const source = new Readable({
    highWaterMark: 16 * 1024,
    read() {
      given += 16 * 1024
      this.push(given <= 64 * 1024 * 1024 ? Buffer.alloc(16 * 1024) : null)
    },
  })
  const view = new ReplayBody(source, 1024).open()

  view.once('readable', () => {})
  await until(() => view.readableLength > 0, 'something to read')
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)

  assert.ok(given <= 512 * 1024, `${given} bytes were taken that nobody read`)
})

test('a client that breaks off ends the view with SP_CLIENT_GONE, and there is no other attempt', async () => {
  const source = new PassThrough()
  const body = new ReplayBody(source, 100)
  const view = body.open()
  source.write('half')
  view.once('data', () => source.destroy())
  const failed = await once(view, 'error').catch((error: unknown) => [error])

  assert.equal((failed[0] as { code: string }).code, 'SP_CLIENT_GONE')
  assert.equal(body.replayable, false)
})

test('at the end what the client still sends is let go', async () => {
  const source = new PassThrough()
  const body = new ReplayBody(source, 100)
  source.write('some')
  await readSome(body.open(), 4)

  body.close()
  source.end('more')

  await once(source, 'end')
})

test('a body that nobody has read is left alone at the end', async () => {
  const source = pieces('x')
  const body = new ReplayBody(source, 100)
  body.open()

  body.close()

  assert.ok(isUntouched(source))
})
