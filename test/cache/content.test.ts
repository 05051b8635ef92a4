import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Answer } from '../../src/cache/answer.ts'
import { Content } from '../../src/cache/content.ts'
import type { Writer } from '../../src/cache/store.ts'
import { fakeClock } from '../support/fake-clock.ts'

const writer = (): Writer => ({
  failed: false,
  onDrain: undefined,
  write: () => true,
  commit: () => undefined,
  abort() {},
})

function content(shareBytes: number): { content: Content; held: () => boolean } {
  let held = false
  const tap = {
    pause: () => {
      held = true
    },
    resume: () => {
      held = false
    },
    unwanted() {},
  }
  const settings = { shareBytes, maxBytes: 1e9, tap }
  return { content: new Content(fakeClock(), settings, writer()), held: () => held }
}

function client(): Answer {
  const none = undefined as never
  return new Answer(none, none, {}, none, none, none, '', '', '', { hits: 0, misses: 0, hitBytes: 0, missBytes: 0 })
}

const view = { status: 200, message: '', fields: [], first: 0, end: Number.POSITIVE_INFINITY }

test('a million chunks of one byte are not kept at hand as a million buffers', () => {
  const { content: one } = content(1024 * 1024)
  one.add(client(), view)
  for (let i = 0; i < 10_000; i++) one.push(Buffer.from('x'))
  assert.equal(one.isWhole, false)
  assert.equal(one.total, 10_000)
})

test('an origin that sends a byte at a time is held back for a slow client as any other', () => {
  const { content: one, held } = content(0)
  const slow = client()
  one.add(slow, view)
  slow.pause()
  for (let i = 0; i < 4000 && !held(); i++) one.push(Buffer.from('x'))
  assert.equal(held(), true)

  slow.resume()
  assert.equal(held(), false)
})
