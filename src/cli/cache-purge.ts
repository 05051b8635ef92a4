import type { PurgeTarget } from '../cache/store.ts'
import { OptionError } from '../contract/options.ts'
import { type ControlFlags, connectControl } from './cache-control.ts'
import { counted } from './readable.ts'

export interface PurgeFlags extends ControlFlags {
  readonly prefix?: string
  readonly tag?: string
  readonly all?: true
  readonly soft?: true
}

/** `sallyport cache purge`. */
export async function cachePurge(url: string | undefined, flags: PurgeFlags): Promise<void> {
  const target = readTarget(url, flags)
  const control = await connectControl(flags, process.env)
  const { purged } = (await control.post('/purge', { ...target, soft: flags.soft === true })) as { purged: number }
  const done = flags.soft === true ? 'marked stale' : 'purged'
  process.stdout.write(`${counted(purged, 'entry', 'entries')} ${done}\n`)
}

/** @throws OptionError for none and for more than one of them: everything is never a default */
function readTarget(url: string | undefined, { prefix, tag, all }: PurgeFlags): PurgeTarget {
  const targets: PurgeTarget[] = []
  if (url !== undefined) targets.push({ url })
  if (prefix !== undefined) targets.push({ prefix })
  if (tag !== undefined) targets.push({ tag })
  if (all !== undefined) targets.push({ all })
  const [target, ...more] = targets
  if (target === undefined) throw new OptionError('URL', undefined, 'say what to purge: URL, --prefix, --tag or --all')
  if (more.length > 0) {
    throw new OptionError(
      Object.keys(more[0] as object)[0] as string,
      undefined,
      'give one of URL, --prefix, --tag and --all',
    )
  }
  return target
}
