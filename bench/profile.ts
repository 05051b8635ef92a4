import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { contenders } from './peers/contenders.ts'
import { launchNode, onPath } from './peers/launch.ts'
import { autocannon } from './peers/load/autocannon.ts'
import { h2load } from './peers/load/h2load.ts'
import { wrk } from './peers/load/wrk.ts'
import { scenarioOf } from './peers/scenarios.ts'

// Where does the time of one proxy go? Functions by self time while it is under load, its start and warm-up left out.

interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}

const program = new Command('profile')
  .argument('<proxy>', `a Node proxy of the bench: ${contenders.map(({ id }) => id).join(', ')}`)
  .option('--scenario <id>', 'the load', '1k')
  .option('--seconds <n>', 'seconds under the profiler, after as many of warm-up', '4')
  .option('--connections <n>', 'requests in flight', '32')
  .option('--top <n>', 'functions shown', '40')
  .parse()
const [name] = program.args
const options = program.opts<{ scenario: string; seconds: string; connections: string; top: string }>()
const contender = contenders.find(({ id }) => id === name) ?? program.error(`no proxy '${name}'`)

const directory = mkdtempSync(join(tmpdir(), 'sallyport-profile-'))
const scenario = scenarioOf(options.scenario)
const seconds = Number(options.seconds)
try {
  const origin = await launchNode(new URL('peers/origin.ts', import.meta.url), [], { core: 0 })
  const proxy = await contender.start({
    origin: `http://127.0.0.1:${origin.port}`,
    protocol: scenario.protocol,
    core: Math.min(1, availableParallelism() - 1),
    directory,
    nodeFlags: ['--cpu-prof', `--cpu-prof-dir=${directory}`, '--cpu-prof-interval=500'],
  })
  const load = scenario.protocol === 'h2' ? h2load : onPath('wrk') ? wrk : autocannon
  const ask = { port: proxy.port, scenario, connections: Number(options.connections), core: 0, directory }
  await load({ ...ask, seconds })
  const result = await load({ ...ask, seconds })
  const ended = once(proxy.child, 'exit')
  proxy.child.send('exit')
  await ended
  await origin.stop()
  const file = readdirSync(directory).find((entry) => entry.endsWith('.cpuprofile'))
  if (file === undefined) throw new Error(`${contender.label} left no profile: is it a Node proxy?`)
  print(JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile, result.requests)
} finally {
  rmSync(directory, { recursive: true, force: true })
}

function print(profile: CpuProfile, requests: number): void {
  const total = profile.timeDeltas.reduce((sum, delta) => sum + delta, 0)
  const named = new Map(profile.nodes.map((node) => [node.id, nameOf(node)]))
  const self = new Map<string, number>()
  let elapsed = 0
  let busy = 0
  for (const [index, id] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0
    elapsed += delta
    const place = named.get(id) ?? '?'
    // Only the last stretch of load: what comes before is start and warm-up.
    if (elapsed < total - seconds * 1e6 || place.startsWith('(idle)')) continue
    busy += delta
    self.set(place, (self.get(place) ?? 0) + delta)
  }
  const top = [...self].sort(([, a], [, b]) => b - a).slice(0, Number(options.top))
  console.log(
    `${contender.label}, ${scenario.title}: ${(busy / requests).toFixed(1)} µs a request under the profiler\n`,
  )
  console.log(`${'µs/req'.padStart(7)} ${'share'.padStart(6)}  function`)
  for (const [place, micros] of top) {
    console.log(
      `${(micros / requests).toFixed(2).padStart(7)} ${((micros / busy) * 100).toFixed(1).padStart(5)}%  ${place}`,
    )
  }
}

function nameOf({ callFrame }: ProfileNode): string {
  const { functionName, url, lineNumber } = callFrame
  const root = new URL('../', import.meta.url)
  const path = url.startsWith('file:') ? fileURLToPath(url) : url
  const short = path.replace(fileURLToPath(root), '').replace('node_modules/', '')
  return `${functionName === '' ? '(anonymous)' : functionName}  ${short === '' ? '' : `${short}:${lineNumber + 1}`}`.trimEnd()
}
