import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { seededRandom } from '../balance/random.ts'
import { freePort, launchProgram, onPath, type Running } from '../peers/launch.ts'
import { MB, type Verdict } from '../soak/soak.ts'
import { askFor, type Outcome, objectOrigin } from './objects.ts'
import { sallyport } from './peers/contenders.ts'
import { allRight, tell } from './verdicts.ts'

// Requests without a pause, a small memory tier, and Redis behind it: killed with SIGKILL in the middle, and started again
// without what it knew. No client may notice.

const OBJECTS = 5000
const CONNECTIONS = 16
const MAX_BYTES = 8 * MB
const PHASE = 5000
/** Milliseconds for which a request may wait for a Redis that does not answer. */
const WAIT = 50

if (!onPath('redis-server')) {
  console.error('redis-server is not installed: apt-get install redis-server')
  process.exit(2)
}
const directory = mkdtempSync(join(tmpdir(), 'sallyport-redis-'))
const core = Math.min(1, availableParallelism() - 1)
const redisPort = await freePort()
const origin = await objectOrigin()
let server = await startRedis()
const proxy = await sallyport.start({
  origin: `http://127.0.0.1:${origin.port}`,
  core,
  directory,
  args: ['--max-bytes', String(MAX_BYTES), '--redis', `redis://127.0.0.1:${redisPort}`],
})
try {
  tell(await run())
} finally {
  await proxy.stop()
  await server.stop()
  await origin.close()
  rmSync(directory, { recursive: true, force: true })
}

async function run(): Promise<Verdict[]> {
  const random = seededRandom(1)
  const outcomes: Outcome[] = []
  let over = false
  const pick = () => (over ? undefined : Math.floor(random() * OBJECTS))
  const load = askFor(proxy.port, 'object', CONNECTIONS, pick, (outcome) => outcomes.push(outcome))

  await setTimeout(PHASE)
  const before = await redisCounts()
  const killed = performance.now()
  process.kill(server.pid, 'SIGKILL')
  await setTimeout(PHASE)
  server = await startRedis()
  const restarted = performance.now()
  await setTimeout(PHASE)
  const after = await redisCounts()
  over = true
  await load

  const up = outcomes.filter(({ began }) => began < killed)
  const down = outcomes.filter(({ began }) => began >= killed && began < restarted)
  const again = outcomes.filter(({ began }) => began >= restarted)
  const slower = percentile(down, 0.999) - percentile(up, 0.999)
  return [
    allRight(
      outcomes.flatMap(({ fault }) => fault ?? []),
      outcomes.length,
    ),
    {
      claim: 'Redis answers look-ups before it is killed',
      measured: `${before.hits} of them, from ${before.keys} keys; ${described(up)}`,
      met: before.hits > 100 && before.keys > 100,
    },
    {
      claim: `without Redis, 999 of 1000 are answered at most ${WAIT} ms later than with it`,
      measured: described(down),
      met: down.length > 100 && slower <= WAIT,
    },
    {
      claim: 'the new Redis is used, as soon as it is there',
      measured: `${after.hits} look-ups from ${after.keys} keys; ${described(again)}`,
      met: after.hits > 100 && after.keys > 100,
    },
    logged(),
  ]
}

/** An operator is told once that it went and once that it came. */
function logged(): Verdict {
  const log = readFileSync(join(directory, 'sallyport.log'), 'utf8')
  const lost = log.split('Redis is away').length - 1
  const back = log.split('Redis is back').length - 1
  return {
    claim: 'the log says once that it went, and once that it is back',
    measured: `${lost} and ${back} times`,
    met: lost === 1 && back === 1,
  }
}

function startRedis(): Promise<Running> {
  const options = { port: redisPort, bind: '127.0.0.1', save: '', appendonly: 'no', dir: directory }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  return launchProgram('redis-server', args, redisPort, core)
}

async function redisCounts(): Promise<{ keys: number; hits: number }> {
  const client = new Redis({ host: '127.0.0.1', port: redisPort })
  try {
    const hits = /keyspace_hits:(\d+)/.exec(await client.info('stats'))?.[1]
    return { keys: await client.dbsize(), hits: Number(hits ?? 0) }
  } finally {
    client.disconnect()
  }
}

function described(outcomes: readonly Outcome[]): string {
  const [half, most, all] = [0.5, 0.999, 1].map((share) => percentile(outcomes, share).toFixed(1))
  return `${outcomes.length.toLocaleString('en')} requests, p50 ${half} ms, p99.9 ${most} ms, longest ${all} ms`
}

function percentile(outcomes: readonly Outcome[], share: number): number {
  const sorted = Float64Array.from(outcomes, ({ milliseconds }) => milliseconds).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
