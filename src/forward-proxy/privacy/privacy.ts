import type { Clock } from '../../contract/clock.ts'
import { type PrivacyLevel, type PrivacyOptions, readPrivacy } from './privacy-options.ts'
import { type RequestPrivacy, requestPrivacy } from './request-privacy.ts'
import { type ResponsePrivacy, responsePrivacy } from './response-privacy.ts'

/** What is done to the fields of requests and of responses, decided at boot. */
export interface Privacy {
  readonly level: PrivacyLevel
  /** Our name in Via, for the look for loops; undefined where Via is not sent, and loops are found by address alone. */
  readonly pseudonym: string | undefined
  /** By default the access log masks addresses and leaves out queries: at every level but `transparent`. */
  readonly masksLog: boolean
  readonly request: RequestPrivacy
  readonly response: ResponsePrivacy
}

/** Reads the options once. @throws OptionError; for an unknown level it lists the four */
export function createPrivacy(option: string, given: PrivacyOptions | undefined, clock: Clock): Privacy {
  const settings = readPrivacy(option, given)
  const { level, pseudonym } = settings
  return {
    level,
    pseudonym: level === 'elite' || level === 'paranoid' ? undefined : pseudonym,
    masksLog: level !== 'transparent',
    request: requestPrivacy(settings),
    response: responsePrivacy(settings, clock),
  }
}
