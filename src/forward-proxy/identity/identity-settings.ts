import { duration, integer, knownKeys, OptionError, time } from '../../contract/options.ts'
import type { FailureLimitSettings } from './failure-limit.ts'
import type { IdentityKinds } from './identity-options.ts'
import type { VerifiedSettings } from './verified.ts'

export interface IdentitySettings {
  readonly verified: VerifiedSettings
  readonly failures: FailureLimitSettings
  readonly concurrency: number
  readonly waiting: number
}

const keys = [
  'basic',
  'bearer',
  'certificate',
  'verify',
  'groupsFile',
  'realm',
  'remember',
  'remembered',
  'failures',
  'hashing',
]

/** The numbers of the options; and that there is at least one kind. */
export function readIdentitySettings(option: string, given: IdentityKinds): IdentitySettings {
  knownKeys(option, given, keys, true)
  const { basic, bearer, certificate, verify, failures = {}, hashing = {} } = given
  if ([basic, bearer, certificate, verify].every((kind) => kind === undefined)) {
    throw new OptionError(option, given, "give at least one of 'basic', 'bearer', 'certificate', 'verify', or false")
  }
  if (failures !== false) knownKeys(`${option}.failures`, failures, ['most', 'window', 'addresses'])
  knownKeys(`${option}.hashing`, hashing, ['concurrency', 'waiting'])
  const limit = failures === false ? {} : failures
  return {
    verified: {
      remember: duration(`${option}.remember`, given.remember, 300_000),
      most: integer(`${option}.remembered`, given.remembered, 10_000, 1),
    },
    failures: {
      most: failures === false ? Number.POSITIVE_INFINITY : integer(`${option}.failures.most`, limit.most, 20, 1),
      window: time(`${option}.failures.window`, limit.window, 60_000),
      addresses: integer(`${option}.failures.addresses`, limit.addresses, 10_000, 1),
    },
    concurrency: integer(`${option}.hashing.concurrency`, hashing.concurrency, 2, 1),
    waiting: integer(`${option}.hashing.waiting`, hashing.waiting, 256),
  }
}
