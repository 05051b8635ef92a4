import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { systemClock } from '../../src/contract/clock.ts'
import { createLineSink } from '../../src/observe/line-sink.ts'

/** A stream that takes one line and then nothing until it is told. */
function stuckStream(): { stream: Writable; release: () => void; written: () => number } {
  const waiting: (() => void)[] = []
  let bytes = 0
  let open = false
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _, done) {
      bytes += chunk.length
      open ? done() : waiting.push(done)
    },
  })
  const release = (): void => {
    open = true
    for (const done of waiting.splice(0)) done()
  }
  return { stream, release, written: () => bytes }
}

test('a slow destination holds no more than the bound; the rest is dropped and counted', () => {
  const told: number[] = []
  const { stream } = stuckStream()
  const sink = createLineSink(stream, { maxPending: 1000, clock: systemClock, onDrop: (count) => told.push(count) })

  for (let i = 0; i < 100; i++) sink.write(`${'x'.repeat(99)}\n`)

  assert.equal(stream.writableLength, 1000)
  assert.equal(sink.dropped, 90)
  assert.deepEqual(told, [1, 2, 4, 8, 16, 32, 64])
  stream.destroy()
})

test('when the destination takes lines again, they are written again', async () => {
  const { stream, release, written } = stuckStream()
  const sink = createLineSink(stream, { maxPending: 150, clock: systemClock })
  sink.write(`${'x'.repeat(99)}\n`)
  sink.write(`${'x'.repeat(99)}\n`)

  release()
  await new Promise((resolve) => setImmediate(resolve))
  sink.write(`${'x'.repeat(99)}\n`)

  assert.equal(sink.dropped, 1)
  assert.equal(written(), 200)
  stream.destroy()
})

test('closing waits for what is on its way; later lines are not taken', async () => {
  const { stream, release, written } = stuckStream()
  const sink = createLineSink(stream, { maxPending: 1000, clock: systemClock })
  sink.write('one\n')
  sink.write('two\n')

  const closed = sink.close()
  setTimeout(release, 30)
  await closed
  sink.write('three\n')

  assert.equal(written(), 8)
  assert.equal(sink.dropped, 1)
  stream.destroy()
})

test('closing gives up on a destination that never writes', async () => {
  const { stream } = stuckStream()
  const sink = createLineSink(stream, { maxPending: 1000, clock: systemClock })
  sink.write('one\n')
  const alive = setInterval(() => {}, 1000)

  const began = performance.now()
  await sink.close()

  clearInterval(alive)
  assert.ok(performance.now() - began < 5000)
  stream.destroy()
})

test('a destination that throws costs its lines and nothing else', () => {
  const write = (): never => {
    throw new Error('disk full')
  }
  const sink = createLineSink({ write }, { maxPending: 1000, clock: systemClock })

  sink.write('one\n')

  assert.equal(sink.dropped, 1)
})
