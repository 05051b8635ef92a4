import type { PurgeBus, PurgeMessage } from '../purge-bus.ts'
import type { PurgeTarget } from '../store.ts'
import { randomId, type SharedKeys } from './keys.ts'
import type { Link } from './link.ts'
import { announce, catchUp, run } from './scripts.ts'

/** The numbered purges of all processes: a stream of the latest. */
export interface PurgeLog extends Pick<PurgeBus, 'onPurge'> {
  readonly keys: SharedKeys
  /** Number of the latest purge that this process has heard of. Undefined before Redis was seen. */
  readonly number: number | undefined
  /** Up to where this process has heard: for `since` of the next one. */
  readonly place: string | undefined
  /** What a script is given to tell all others: who, and what. */
  sign(message: PurgeMessage): [from: string, message: string]
  /** Tells all others. Rejects when Redis does not take it. */
  announce(message: PurgeMessage): Promise<void>
  close(): void
}

export interface PurgeLogOptions {
  readonly link: Link
  readonly keys: SharedKeys
  /** `place` of an earlier process: what came later is heard. */
  readonly since: string | undefined
  /** It is known where the purges are. */
  readonly found: () => void
}

export interface LoggedPurge {
  readonly id: string
  readonly number: number
  readonly from: string
  readonly message: PurgeMessage
}

/** Made anew, for whoever keeps targets by identity. */
const everything = (): PurgeMessage => ({ target: { all: true }, soft: false })

/** Milliseconds that Redis may be silent. Shorter than a command may take. */
const block = 400

/** Follows the stream on a connection of its own, and reads what was missed whenever that comes back. */
export function followPurges({ link, keys, since, found }: PurgeLogOptions): PurgeLog {
  const me = randomId()
  const listeners = new Set<(message: PurgeMessage) => void>()
  const { bus } = link
  let [id, number] = placeFrom(since)
  let session = 0

  function hear(purges: readonly LoggedPurge[]): void {
    for (const purge of purges) {
      const gap = number !== undefined && purge.number !== number + 1
      id = purge.id
      number = purge.number
      if (gap) tell(everything())
      else if (purge.from !== me) tell(purge.message)
    }
  }

  function tell(message: PurgeMessage): void {
    for (const listener of listeners) listener(message)
  }

  function sign(message: PurgeMessage): [string, string] {
    return [me, JSON.stringify(message)]
  }

  async function follow(mine: number): Promise<void> {
    const [latest, last, missed] = (await run(bus, catchUp, [keys.number, keys.stream], [id])) as [
      number,
      string,
      unknown,
    ]
    if (mine !== session) return
    if (id === '') id = last
    number ??= latest
    hear(messagesOf(missed))
    if (number !== latest) {
      // Redis has lost purges, or its data.
      number = latest
      tell(everything())
    }
    found()
    while (mine === session) {
      const answer = await bus.xread('COUNT', 100, 'BLOCK', block, 'STREAMS', keys.stream, id)
      if (mine === session && answer !== null) hear(messagesOf(answer[0]?.[1]))
    }
  }

  bus.on('ready', () => {
    // What fails here is a connection that hangs or has gone: another one is made.
    follow(++session).catch(() => {
      if (bus.status === 'ready') bus.disconnect(true)
    })
  })

  return {
    keys,
    get number() {
      return number
    },
    get place() {
      return number === undefined ? undefined : `${id} ${number}`
    },
    sign,
    async announce(message) {
      await run(link.heads, announce, [keys.number, keys.stream], sign(message))
    },
    onPurge(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      session++
      listeners.clear()
    },
  }
}

/** Entries of a stream, in its order. What is not understood is a purge of everything. */
export function messagesOf(entries: unknown): LoggedPurge[] {
  if (!Array.isArray(entries)) return []
  return entries.map(([id, pairs]: [string, readonly string[]]) => {
    const value = (name: string): string => {
      const at = pairs.indexOf(name)
      return at < 0 ? '' : (pairs[at + 1] ?? '')
    }
    return { id, number: Number(value('n')), from: value('f'), message: messageFrom(value('m')) }
  })
}

function messageFrom(text: string): PurgeMessage {
  try {
    const { target, soft } = JSON.parse(text) as {
      readonly target?: Readonly<Record<string, unknown>>
      readonly soft?: unknown
    }
    const known = ['url', 'prefix', 'tag'].some((key) => typeof target?.[key] === 'string') || target?.all === true
    return known ? { target: target as PurgeTarget, soft: soft === true } : everything()
  } catch {
    return everything()
  }
}

function placeFrom(since: string | undefined): [id: string, number: number | undefined] {
  const parts = /^(\d+-\d+) (\d+)$/.exec(since ?? '')
  return parts === null ? ['', undefined] : [parts[1] as string, Number(parts[2])]
}
