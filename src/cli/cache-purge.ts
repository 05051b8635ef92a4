import type { PurgeTarget } from '../cache/store.ts'
import { type ControlFlags, connectControl } from './cache-control.ts'
import { CliError, exitCodes } from './errors.ts'
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

/** @throws CliError for none and for more than one of them: everything is never a default */
function readTarget(url: string | undefined, { prefix, tag, all }: PurgeFlags): PurgeTarget {
  const targets: PurgeTarget[] = []
  if (url !== undefined) targets.push({ url })
  if (prefix !== undefined) targets.push({ prefix })
  if (tag !== undefined) targets.push({ tag })
  if (all !== undefined) targets.push({ all })
  const [target] = targets
  if (target !== undefined && targets.length === 1) return target
  const given = target === undefined ? 'nothing to purge is named' : `${targets.length} things to purge are named`
  throw new CliError(exitCodes.badArguments, `${given}: give one of URL, --prefix URL, --tag TAG and --all`)
}
