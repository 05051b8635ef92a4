import { OptionError } from '../contract/options.ts'

/** Far enough apart for every use, and sums and quotients of 10,000 of them stay finite. */
const least = 1e-9
const most = 1e9

/**
 * Share of the traffic, in proportion to the others'.
 * @throws OptionError for what is no number from 0.000000001 to a thousand million
 */
export function readWeight(option: string, given: unknown, more = ''): number {
  if (typeof given === 'number' && given >= least && given <= most) return given
  throw new OptionError(option, given, `give a number above 0, from 1e-9 to 1e9${more}`)
}
