import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs'
import { test } from 'node:test'
import type { DispatchController } from '../../src/contract/layer.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { ask, begin, ok, transportTo } from '../support/http1-upstream.ts'
import { Recorder } from '../support/recorder.ts'
import { until } from '../support/until.ts'
import { answerHeads, listenWire } from '../support/wire.ts'

/** Pauses at each chunk. */
class Paused extends Recorder {
  override onResponseData(controller: DispatchController, chunk: Buffer): void {
    super.onResponseData(controller, chunk)
    controller.pause()
  }
}

const cases: readonly [string, string, number][] = [
  ['nothing', '', 4000],
  ['timeout=10', 'Keep-Alive: timeout=10, max=5\r\n', 9000],
  ['timeout=100000', 'keep-alive: max=5, Timeout=100000\r\n', 600_000],
]

for (const [what, field, limit] of cases) {
  test(`an upstream that says ${what} of its patience: a connection is idle for ${limit} ms at most`, async (t) => {
    const clock = fakeClock()
    const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok('ok', field)))
    const transport = transportTo(t, origin.url, clock)
    await ask(transport)

    clock.advance(limit - 1)
    await ask(transport)
    assert.equal(origin.wires.length, 1)

    clock.advance(limit)
    await origin.wires[0]?.ended()
    await ask(transport)
    assert.equal(origin.wires.length, 2)
  })
}

test('an upstream that keeps its connections for no more than a second is asked on a new one each time', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok('ok', 'Keep-Alive: timeout=1\r\n')))
  const transport = transportTo(t, origin.url)

  for (let i = 0; i < 3; i++) await ask(transport)

  assert.equal(origin.wires.length, 3)
})

test('past its time a connection carries nothing, also where the timer is late', async (t) => {
  const clock = fakeClock()
  let late = 0
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok()))
  const transport = transportTo(t, origin.url, { ...clock, now: () => clock.now() + late })
  await ask(transport)

  late = 4001
  await ask(transport)

  assert.equal(origin.wires.length, 2)
})

test('a FIN that has come is seen before the next request goes out', async (t) => {
  const origin = await listenWire(t, (wire, index) => answerHeads(wire, () => ok(String(index))))
  const transport = transportTo(t, origin.url)
  for (let i = 0; i < 20; i++) {
    await ask(transport)
    const { length } = origin.wires
    origin.wires.at(-1)?.socket.end()
    // In the very turn in which it may have arrived.
    await new Promise((resolve) => setImmediate(resolve))
    const { error, body } = await ask(transport, { method: 'POST' })
    assert.deepEqual([error, body], [undefined, String(length)])
  }
})

test('with no connection left there is no timer, and one timer for any number of them', async (t) => {
  const clock = fakeClock()
  const origin = await listenWire(t, (wire) => answerHeads(wire, (head) => (head.includes('/held') ? '' : ok())))
  const transport = transportTo(t, origin.url, clock)
  const both = [ask(transport), ask(transport), ask(transport)]
  await Promise.all(both)
  begin(transport, { path: '/held', headersTimeout: 10_000, connectTimeout: 0 })
  begin(transport, { path: '/held', headersTimeout: 20_000, connectTimeout: 0 })
  await until(() => origin.wires.filter((wire) => wire.text().includes('/held')).length === 2, 'both requests')
  assert.equal(clock.pending, 1)

  transport.destroy(new Error('enough'))

  assert.equal(clock.pending, 0)
})

test('an idle connection keeps no process alive', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok()))
  const script = `
    import { systemClock } from './src/contract/clock.ts'
    import { createTransport } from './src/upstream/transport.ts'
    const transport = createTransport({ clock: systemClock })
    const onResponseEnd = () => process.send('answered')
    transport.dispatch({ origin: '${origin.url}', path: '/', method: 'GET', headers: [] }, { onRequestStart() {}, onResponseEnd })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  t.after(() => child.kill())

  await once(child, 'message')
  const answered = performance.now()
  child.channel?.unref()
  child.disconnect()
  const [code] = await once(child, 'exit')

  assert.equal(code, 0)
  assert.ok(performance.now() - answered < 2500, 'before the four seconds of an idle connection were over')
})

test('what lies unread behind an answer that was paused does not answer the request of the same turn', async (t) => {
  const evil = Promise.withResolvers<void>()
  const origin = await listenWire(t, (wire, index) => {
    answerHeads(wire, () => ok(index === 0 ? 'first' : 'good'))
  })
  const transport = transportTo(t, origin.url)
  const first = begin(transport, {}, new Paused())
  await first.until(() => first.body === 'first')
  origin.wires[0]?.socket.write(ok('evil'), () => evil.resolve())
  await evil.promise

  // Told in the phase of the loop in which sockets are read: its immediates come before the next read.
  const second = await new Promise<Recorder>((resolve) => {
    stat('.', () => {
      first.controller?.resume()
      resolve(begin(transport))
    })
  })
  assert.equal((await second.over).body, 'good')
  assert.equal((await first.over).error, undefined)
})

test('close() lets a request pass that waits for such a connection', async (t) => {
  const origin = await listenWire(t, (wire) => answerHeads(wire, () => ok()))
  const transport = transportTo(t, origin.url)
  const first = begin(transport, {}, new Paused())
  await first.until(() => first.body === 'ok')

  let second: Recorder | undefined
  await new Promise<void>((resolve) => {
    stat('.', () => {
      first.controller?.resume()
      second = begin(transport)
      transport.close().then(resolve)
    })
  })
  assert.deepEqual(second?.calls, ['start', 'head', 'data', 'end'])
})

test('a connection that was paused to the end of its answer carries the next request', async (t) => {
  const origin = await listenWire(t, (wire, index) => answerHeads(wire, () => ok(String(index))))
  class Resumed extends Paused {
    override onResponseData(controller: DispatchController, chunk: Buffer): void {
      super.onResponseData(controller, chunk)
      stat('.', () => controller.resume())
    }
  }
  const transport = transportTo(t, origin.url)

  for (let i = 0; i < 10; i++) await begin(transport, {}, new Resumed()).over

  assert.equal(origin.wires.length, 1)
})
