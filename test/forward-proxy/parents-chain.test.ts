import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { type ChainTools, dialChain } from '../../src/forward-proxy/parents/chain.ts'
import type { HopError } from '../../src/forward-proxy/parents/hop-error.ts'
import { parseParent } from '../../src/forward-proxy/parents/parent.ts'
import { chainTools, dialBy } from '../support/chain-tools.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { freePort } from '../support/parent-programs.ts'
import { type ScriptedParent, scriptedParent } from '../support/scripted-parent.ts'
import { until } from '../support/until.ts'

const target = { host: 'name.test', port: 443 }
const ok = 'HTTP/1.1 200 OK\r\n\r\n'

test('what the far side says together with the yes is still there, byte by byte too', async (t) => {
  for (const pieces of [false, true]) {
    const parent = await scriptedParent(t, [`${ok}220 mail`], pieces)

    const { error, socket } = await dialBy([`http://127.0.0.1:${parent.port}`], target)
    assert.ifError(error)
    let text = ''
    socket?.on('data', (chunk) => (text += chunk))
    await until(() => text === '220 mail', 'the greeting')
    socket?.destroy()
  }
})

test('a yes of one hop that comes with a lie about the next is heard by the next', async (t) => {
  const parent = await scriptedParent(t, [`${ok}HTTP/1.1 403 no\r\n\r\n`])

  const { error } = await dialBy([`http://127.0.0.1:${parent.port}`, 'http://next.test:1'], target)

  assert.deepEqual([error?.code, error?.hop, error?.parent], ['SP_PARENT_DENIED', 1, 'http://next.test:1'])
  await until(() => parent.open() === 0, 'the connection to be closed')
})

/** Ways that get stuck, each at another stage, and whose fault that is. */
const stages: [string, string, readonly string[], string, boolean][] = [
  ['after the connect, over HTTP', 'http', [], 'CONNECT', false],
  ['in the TLS handshake', 'https', [], '\x16\x03', true],
  ['at the method of SOCKS5', 'socks5h', [], '\x05', true],
  ['at the reply of SOCKS5', 'socks5h', ['\x05\x00'], 'name.test', false],
  ['at the reply of SOCKS4', 'socks4a', [], 'name.test', false],
  ['within the head', 'http', ['HTTP/1.1 200 O'], 'CONNECT', false],
]
for (const [title, scheme, replies, heard, parentFailed] of stages) {
  test(`stuck ${title}: the time limit ends it, and so does cancelling it`, async (t) => {
    const late = await stuck(t, scheme, replies, heard)
    late.clock.advance(4999)
    assert.equal(late.results.length, 0)
    late.clock.advance(1)
    assert.equal(late.results.length, 1)
    assert.equal(late.results[0]?.code, 'SP_CONNECT_TIMEOUT')
    assert.equal(late.results[0]?.parentFailed, parentFailed)
    await until(() => late.parent.open() === 0, 'the connection to be closed')

    const unwanted = await stuck(t, scheme, replies, heard)
    unwanted.cancel()
    await until(() => unwanted.parent.open() === 0, 'the connection to be closed')
    assert.equal(unwanted.results.length, 0)
    assert.equal(unwanted.clock.pending, 0)
  })
}

interface Stuck {
  readonly clock: ReturnType<typeof fakeClock>
  readonly parent: ScriptedParent
  readonly results: (HopError | null)[]
  cancel(): void
}

async function stuck(t: TestContext, scheme: string, replies: readonly string[], heard: string): Promise<Stuck> {
  const parent = await scriptedParent(t, replies)
  const clock = fakeClock()
  const results: (HopError | null)[] = []
  const hops = [parseParent('parent', `${scheme}://127.0.0.1:${parent.port}`)]
  const cancel = dialChain(hops, target, { ...chainTools, clock }, (error) => void results.push(error))
  await until(() => parent.heard().includes(heard), 'what is said to the parent')
  return { clock, parent, results, cancel }
}

test('while a name is looked up here, the way can be cancelled, run out of time, or break', async (t) => {
  const cancelled: string[] = []
  const clock = fakeClock()
  const resolve: ChainTools['resolve'] = (host) => () => void cancelled.push(host)

  for (const end of ['cancel', 'time', 'fail'] as const) {
    const parent = await scriptedParent(t, [])
    const hops = [parseParent('parent', `socks5://127.0.0.1:${parent.port}`)]
    const results: (HopError | null)[] = []
    const denying: ChainTools['resolve'] = (_host, _family, callback) => {
      callback(Object.assign(new Error('inside'), { code: 'SP_DENIED' }) as never, null)
      return () => {}
    }
    const tools = { ...chainTools, clock, resolve: end === 'fail' ? denying : resolve }
    const cancel = dialChain(hops, target, tools, (error) => void results.push(error))
    await until(() => parent.open() === 1 || results.length === 1, 'the connection')
    await until(() => cancelled.length === 0 && clock.pending <= 1, 'the look-up')
    await new Promise((resolve) => setTimeout(resolve, 20))
    if (end === 'cancel') cancel()
    if (end === 'time') clock.advance(5000)

    await until(() => parent.open() === 0, 'the connection to be closed')
    if (end !== 'fail') assert.deepEqual(cancelled.splice(0), ['name.test'])
    assert.deepEqual(
      results.map((error) => [error?.code, error?.parentFailed]),
      { cancel: [], time: [['SP_CONNECT_TIMEOUT', false]], fail: [['SP_DENIED', false]] }[end],
    )
    assert.equal(clock.pending, 0)
  }
})

test('a parent that closes or resets during the handshake has failed', async (t) => {
  const parent = await scriptedParent(t, [])
  const hops = [parseParent('parent', `http://127.0.0.1:${parent.port}`)]
  let dialled: Duplex | undefined
  const dial: ChainTools['dial'] = (host, port, callback) =>
    chainTools.dial(host, port, (error, socket) => {
      dialled = socket ?? undefined
      callback(error, socket)
    })
  const result = new Promise<HopError | null>((resolve) => dialChain(hops, target, { ...chainTools, dial }, resolve))
  await until(() => parent.heard() !== '', 'the request')
  dialled?.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))

  const error = await result
  assert.deepEqual([error?.code, error?.parentFailed, error?.hop], ['SP_UPSTREAM_RESET', true, 0])
})

test('a dial that is over before it began, and one that comes too late, do no harm', async (t) => {
  const parent = await scriptedParent(t, [ok])
  const hops = [parseParent('parent', `http://u:hunter2@127.0.0.1:${await freePort()}`)]

  const { error } = await dialBy(hops, target)
  assert.deepEqual([error?.code, error?.parentFailed], ['SP_CONNECT_REFUSED', true])
  assert.doesNotMatch(`${error?.stack} ${JSON.stringify(error)}`, /hunter2/)

  let late: (() => void) | undefined
  const dial: ChainTools['dial'] = (_host, _port, callback) => {
    chainTools.dial('127.0.0.1', parent.port, (failed, socket) => {
      late = () => callback(failed, socket)
    })
    return () => {}
  }
  const cancel = dialChain(hops, target, { ...chainTools, dial }, () => assert.fail('called after it was cancelled'))
  await until(() => late !== undefined && parent.open() === 1, 'the connection')
  cancel()
  late?.()
  await until(() => parent.open() === 0, 'the late connection to be closed')
})

test('without a target the way ends at the last parent', async (t) => {
  const parent = await scriptedParent(t, ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'])

  const { socket } = await dialBy([`http://127.0.0.1:${parent.port}`], undefined)
  assert.equal(parent.heard(), '')
  socket?.write('GET http://name.test/ HTTP/1.1\r\n\r\n')
  await once(socket as Duplex, 'data')

  assert.match(parent.heard(), /^GET http/)
  socket?.destroy()
})
