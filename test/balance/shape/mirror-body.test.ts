import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { copyBody } from '../../../src/balance/shape/mirror-body.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function copied(body: PassThrough, limit: number, declared = -1): (string | undefined)[] {
  const seen: (string | undefined)[] = []
  copyBody(body, limit, declared, (content) => seen.push(content?.toString()))
  return seen
}

test('nothing flows until the reader comes, and then both have all of it', async () => {
  const body = new PassThrough()
  const seen = copied(body, 100)
  body.write('one ')
  body.end('two')

  await turn()
  assert.equal(body.readableFlowing, null)
  const read = await buffer(body)

  assert.equal(String(read), 'one two')
  assert.deepEqual(seen, ['one two'])
})

test('a reader that pauses pauses the copy', async () => {
  const body = new PassThrough()
  const seen = copied(body, 100)
  body.on('data', () => body.pause())

  body.write('one ')
  await turn()
  body.end('two')
  await turn()
  assert.deepEqual(seen, [])
  body.resume()
  await turn()
  body.resume()
  await turn()

  assert.deepEqual(seen, ['one two'])
})

test('the limit itself fits; one byte more does not, and is told at once', async () => {
  const exact = new PassThrough()
  const over = new PassThrough()
  const exactly = copied(exact, 4)
  const more = copied(over, 4)

  exact.resume().end('1234')
  over.resume().write('12345')
  await turn()

  assert.deepEqual([exactly, more], [['1234'], [undefined]])
})

test('fewer bytes than declared are no content', async () => {
  const body = new PassThrough()
  const seen = copied(body, 100, 10)

  body.resume().end('short')
  await turn()

  assert.deepEqual(seen, [undefined])
})

test('an empty end is content only when nothing was declared', async () => {
  const declared = new PassThrough()
  const unknown = new PassThrough()
  const zero = copied(declared, 100, 0)
  const none = copied(unknown, 100)

  declared.resume().end()
  unknown.resume().end()
  await turn()

  assert.deepEqual([zero, none], [[''], [undefined]])
})

test('a stream that breaks off has no content', async () => {
  const body = new PassThrough()
  const seen = copied(body, 100)

  body.resume().write('half')
  await turn()
  body.destroy()
  await turn()

  assert.deepEqual(seen, [undefined])
})

test('once it is stopped nothing is told, and nothing listens any more', async () => {
  const body = new PassThrough()
  const before = body.eventNames().map((name) => [name, body.listenerCount(name)])
  const seen: unknown[] = []
  const stop = copyBody(body, 100, -1, (content) => seen.push(content))

  stop()
  body.resume().end('all')
  await turn()

  assert.deepEqual(seen, [])
  assert.deepEqual(
    before,
    before.map(([name]) => [name, body.listenerCount(name as string)]),
  )
  assert.equal(body.listenerCount('data'), 0)
})

test('text chunks, as of a stream with an encoding, are no bytes: not copied', async () => {
  const body = new PassThrough()
  body.setEncoding('latin1')
  const seen = copied(body, 100)

  body.resume().end('text')
  await turn()

  assert.deepEqual(seen, [undefined])
})
