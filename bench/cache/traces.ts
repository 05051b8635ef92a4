import { readFileSync } from 'node:fs'
import { normal, seededRandom } from '../balance/random.ts'

/** Who asks for what, one after the other. */
export interface Trace {
  readonly name: string
  readonly about: string
  /** Numbers of objects in the order of requests. */
  readonly keys: Uint32Array
  /** Bytes of each object, by its number. */
  readonly sizes: Uint32Array
  /** Sizes of the cache to be tried, in parts of the bytes of all objects that are asked for. */
  readonly shares: readonly number[]
  /** Does it scan, so that a better policy has something to show? */
  readonly scans: boolean
}

const usual = [0.01, 0.1]
const objects = 100_000

/** The synthetic ones, each with objects of one size and with sizes that vary. The same seed makes the same traces. */
export function syntheticTraces(requests: number, seed: number): Trace[] {
  return [...plain(requests, seed)].flatMap((trace) => [trace, varied(trace, seed)])
}

function* plain(requests: number, seed: number): Generator<Trace> {
  for (const alpha of [0.7, 0.9, 1.1]) {
    const keys = zipfKeys(requests, alpha, 0.01, seed)
    yield trace(
      `zipf ${alpha}`,
      `popularity by Zipf's law, ${alpha}; it drifts: new objects come, others change ranks`,
      keys,
    )
  }
  yield trace(
    'zipf, crawler',
    'Zipf 0.9, and every fifth request is a crawler going through all',
    crawled(requests, seed),
    {
      scans: true,
    },
  )
  yield trace(
    'zipf, scans',
    'Zipf 0.9, and now and then 20,000 objects in a row that nobody asks for again',
    scanned(requests, seed),
    {
      scans: true,
    },
  )
  yield trace('loop', 'all objects in turn, over and over; the cache takes 91 or 50 % of them', loop(requests), {
    scans: true,
    shares: [1 / 1.1, 0.5],
  })
  yield trace(
    'one-hit wonders',
    '70 % of the objects are asked for once, the others by Zipf 0.9',
    oneHit(requests, seed),
    {
      scans: true,
    },
  )
  yield trace('news', 'what is new is asked for most, and less with each hour', news(requests, seed))
}

/** A trace of your own: a line for each request, `object size`, the object by any name. */
export function traceFromFile(path: string): Trace {
  const numbers = new Map<string, number>()
  const sizes: number[] = []
  const keys: number[] = []
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [object, size] = line.trim().split(/\s+/)
    if (object === undefined || object === '') continue
    const number = numbers.get(object) ?? numbers.size
    numbers.set(object, number)
    sizes[number] ??= Math.max(1, Number(size ?? 1000))
    keys.push(number)
  }
  const name = path.slice(path.lastIndexOf('/') + 1)
  return {
    name,
    about: 'from a file',
    keys: Uint32Array.from(keys),
    sizes: Uint32Array.from(sizes),
    shares: usual,
    scans: false,
  }
}

function trace(name: string, about: string, keys: Uint32Array, more: Partial<Trace> = {}): Trace {
  return {
    name,
    about,
    keys,
    sizes: new Uint32Array(largest(keys) + 1).fill(10_000),
    shares: usual,
    scans: false,
    ...more,
  }
}

/** Sizes as on the web: log-normal, the median at 8 KB, the mean at 25 KB. */
function varied(trace: Trace, seed: number): Trace {
  const random = seededRandom(seed + 7)
  const sizes = trace.sizes.map(() => Math.min(5_000_000, Math.max(200, Math.round(Math.exp(normal(random, 9, 1.5))))))
  return { ...trace, name: `${trace.name}, sizes vary`, sizes }
}

/** @param drift parts of a request that change the ranks: half of them bring a new object */
function zipfKeys(requests: number, alpha: number, drift: number, seed: number): Uint32Array {
  const random = seededRandom(seed)
  const draw = zipf(objects, alpha, random)
  const byRank = Uint32Array.from({ length: objects }, (_, i) => i)
  let next = objects
  return Uint32Array.from({ length: requests }, () => {
    if (random() < drift) {
      const rank = Math.floor(random() ** 2 * objects)
      const other = Math.floor(random() * objects)
      const moved = byRank[rank] as number
      byRank[rank] = random() < 0.5 ? next++ : (byRank[other] as number)
      byRank[other] = moved
    }
    return byRank[draw()] as number
  })
}

function crawled(requests: number, seed: number): Uint32Array {
  let at = 0
  return zipfKeys(requests, 0.9, 0.01, seed).map((key, i) => (i % 5 === 0 ? at++ % objects : key))
}

function scanned(requests: number, seed: number): Uint32Array {
  let fresh = 10 * objects
  return zipfKeys(requests, 0.9, 0.01, seed).map((key, i) => (i % 100_000 >= 80_000 ? fresh++ : key))
}

function loop(requests: number): Uint32Array {
  return Uint32Array.from({ length: requests }, (_, i) => i % (objects / 10))
}

function oneHit(requests: number, seed: number): Uint32Array {
  const random = seededRandom(seed + 1)
  const draw = zipf(objects / 4, 0.9, random)
  let fresh = objects
  // Nearly all of the quarter is asked for again: so many others make 70 %.
  const share = ((objects / 4) * 0.7) / 0.3 / requests
  return Uint32Array.from({ length: requests }, () => (random() < Math.max(0.06, share) ? fresh++ : draw()))
}

function news(requests: number, seed: number): Uint32Array {
  const random = seededRandom(seed + 2)
  let newest = 0
  return Uint32Array.from({ length: requests }, () => {
    if (random() < 0.1) return ++newest
    const age = -Math.log(1 - random()) * 2000 * random() * random() * 4
    return Math.max(0, newest - Math.floor(age))
  })
}

/** Ranks from 0, by the inverse of the cumulated shares. */
function zipf(count: number, alpha: number, random: () => number): () => number {
  const cumulated = new Float64Array(count)
  let sum = 0
  for (let i = 0; i < count; i++) cumulated[i] = sum += (i + 1) ** -alpha
  return function draw() {
    const wanted = random() * sum
    let low = 0
    for (let high = count - 1; low < high; ) {
      const middle = (low + high) >> 1
      if ((cumulated[middle] as number) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

function largest(keys: Uint32Array): number {
  let most = 0
  for (const key of keys) if (key > most) most = key
  return most
}
