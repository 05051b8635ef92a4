import type { Clock } from '../../contract/clock.ts'
import { knownKeys, OptionError } from '../../contract/options.ts'
import type { Pace } from '../../net/splice.ts'
import { Bucket, type Rate, type RateSettings, readRate } from './bucket.ts'
import { paceQueue } from './pace-queue.ts'

/** Bandwidth of tunnels, in each direction. A byte passes when it fits into every limit that is over it. */
export interface ShaperOptions {
  /** Of all together. */
  readonly total?: number | string | Rate
  /** Of all members of a group together, by its name. */
  readonly groups?: Readonly<Record<string, number | string | Rate>>
  /** Of each user, or of each address where nobody is asked for a name. */
  readonly user?: number | string | Rate
}

export interface Shaper {
  /** The paces of one tunnel; undefined when no limit is over it. */
  join(user: string, groups: readonly string[]): { readonly received: Pace; readonly sent: Pace } | undefined
  /** Buckets of users that are held. */
  readonly users: number
  /** Lets go all that wait and shapes nothing any more. */
  close(): void
}

/**
 * Shapes by token buckets, in a hierarchy of user, groups and total. One timer for all, which runs while somebody waits;
 * those who wait get turns of equal size.
 * @throws OptionError
 */
export function createShaper(option: string, given: ShaperOptions, clock: Clock): Shaper {
  knownKeys(option, given, ['total', 'groups', 'user'])
  const total = given.total === undefined ? undefined : readRate(`${option}.total`, given.total)
  const user = given.user === undefined ? undefined : readRate(`${option}.user`, given.user)
  const groups = readGroups(`${option}.groups`, given.groups)
  const directions = { received: direction(), sent: direction() }

  function direction() {
    const queue = paceQueue(clock)
    const totals = total === undefined ? [] : [new Bucket(total, clock.now())]
    const ofGroups = new Map([...groups].map(([name, rate]) => [name, new Bucket(rate, clock.now())]))
    const ofUsers = new Map<string, Bucket>()

    function bucketOf(name: string, rate: RateSettings): Bucket {
      let bucket = ofUsers.get(name)
      if (bucket === undefined) {
        if (ofUsers.size >= manyUsers) forgetRested(ofUsers, clock.now())
        bucket = new Bucket(rate, clock.now())
        ofUsers.set(name, bucket)
      }
      return bucket
    }

    return {
      queue,
      ofUsers,
      join(name: string, members: readonly string[]): Pace | undefined {
        const over = members.map((group) => ofGroups.get(group)).filter((bucket) => bucket !== undefined)
        const mine = user === undefined ? [] : [bucketOf(name, user)]
        const buckets = [...mine, ...new Set(over), ...totals]
        return buckets.length === 0 ? undefined : queue.pace(buckets)
      },
    }
  }

  const { received, sent } = directions
  return {
    join(name, members) {
      const up = received.join(name, members)
      const down = sent.join(name, members)
      return up === undefined || down === undefined ? undefined : { received: up, sent: down }
    },
    get users() {
      return received.ofUsers.size
    },
    close() {
      received.queue.close()
      sent.queue.close()
    },
  }
}

const manyUsers = 1024

/** A bucket that nobody holds and that is full again is as good as a new one. Others stay: to come back gives no new burst. */
function forgetRested(buckets: Map<string, Bucket>, now: number): void {
  for (const [name, bucket] of buckets) {
    if (bucket.users === 0 && bucket.level(now) >= bucket.burst) buckets.delete(name)
  }
}

function readGroups(option: string, given: ShaperOptions['groups']): Map<string, RateSettings> {
  if (given === undefined) return new Map()
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionError(option, given, 'give an object: group to rate')
  }
  return new Map(Object.entries(given).map(([name, rate]) => [name, readRate(`${option}.${name}`, rate)]))
}
