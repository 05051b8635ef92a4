import type { LivePool } from '../balance/pool.ts'
import type { PoolEvents } from '../balance/pool-events.ts'

type Reason = PoolEvents['ejected'][0]['reason']

const reasons: Readonly<Record<Reason, string>> = {
  consecutive_5xx: 'too many failures in a row',
  consecutive_gateway: 'too many failures in a row',
  consecutive_local: 'too many connections that failed, in a row',
  success_rate: 'it fails far more often than the others',
  failure_percentage: 'nearly all that it gets fails',
  failure_gap: 'it fails far more often than the others',
  latency: 'it answers far more slowly than the others',
}

/** One line for each server that goes, or comes back. `health` is the path of its checks, where there are any. */
export function tellPool({ events }: LivePool, health: string | undefined, say: (text: string) => void): void {
  const known = new Set<string>()

  events.on('health', ({ upstream, up, reason }) => {
    const first = !known.has(upstream)
    known.add(upstream)
    if (!first) say(`${upstream} is ${up ? 'up' : 'down'}: ${reason}`)
    else if (!up) say(`warning: ${upstream} is down: ${reason} (--health ${health}). It is asked again every second.`)
  })
  events.on('ejected', ({ upstream, reason, ms }) => {
    say(`${upstream} is out for ${Math.round(ms / 1000)} s: ${reasons[reason]}`)
  })
  events.on('returned', ({ upstream }) => say(`${upstream} is back; its share grows by and by`))
  events.on('panic', ({ priorities }) => {
    if (priorities.length > 0) say('too few servers are well to carry the load: requests go to all of them')
    else say('enough servers are well again')
  })
}
