import { duration, OptionError } from '../../contract/options.ts'

/** Milliseconds of a duration that cannot be off. */
export function interval(option: string, given: number | string | undefined, byDefault: number): number {
  const ms = duration(option, given, byDefault)
  if (ms === 0) throw new OptionError(option, given, "give more than 0, such as '5s'")
  return ms
}
