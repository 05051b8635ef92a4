import type { LivePool } from '../../plugins/balance/index.ts'

/** Says what the pool does, by the names that its upstreams have in the demo. */
export function tellPool(
  { events }: LivePool,
  nameOf: (upstream: string) => string,
  tell: (text: string) => void,
): void {
  events.on('health', ({ upstream, up, reason }) => {
    tell(`${nameOf(upstream)} is ${up ? 'up' : 'down'}: ${reason}`)
  })
  events.on('ejected', ({ upstream, reason, ms }) => {
    tell(`${nameOf(upstream)} is ejected for ${Math.round(ms / 1000)} s: ${reason}`)
  })
  events.on('returned', ({ upstream }) => tell(`${nameOf(upstream)} is back after its ejection`))
  events.on('state', ({ upstream, state }) => tell(`${nameOf(upstream)} is in state ${state}`))
  events.on('drained', ({ upstream }) => tell(`${nameOf(upstream)} has nothing in flight any more`))
  events.on('panic', ({ priorities }) => {
    tell(priorities.length > 0 ? 'too few are well: all of them serve' : 'enough are well again')
  })
}
