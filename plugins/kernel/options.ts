import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../../src/contract/clock.ts'
import { duration, integer, knownKeys, OptionError, section, size } from '../../src/contract/options.ts'
import { isToken } from '../../src/http/chars.ts'
import { type CidrSet, compileCidrs } from '../../src/net/cidr.ts'
import type { KernelOptions, LimitOptions } from './types.ts'

/** The kernel's options, read and frozen. */
export interface KernelSettings {
  readonly trusted: CidrSet | undefined
  readonly pseudonym: string
  readonly limits: { readonly headerBytes: number; readonly headerFields: number; readonly uriBytes: number }
  readonly requestIdField: string | undefined
  readonly http2: {
    readonly maxConcurrentStreams: number
    readonly resetBudget: number
    readonly resetWindow: number
  }
  readonly drainTimeout: number
  readonly clock: Clock
}

const keys = ['trustedProxies', 'pseudonym', 'limits', 'requestIdField', 'http2', 'drainTimeout', 'clock']
const clockMethods = ['now', 'wall', 'setTimer', 'clearTimer'] as const

/** At least this much, or nothing at all would pass. */
const leastBytes = 64

/** @throws OptionError */
export function readLimits(given: LimitOptions | undefined): KernelSettings['limits'] {
  const { headerBytes, headerFields, uriBytes } = section('limits', given, ['headerBytes', 'headerFields', 'uriBytes'])
  const limits = Object.freeze({
    headerBytes: size('limits.headerBytes', headerBytes, 16 * 1024),
    headerFields: integer('limits.headerFields', headerFields, 100, 1),
    uriBytes: size('limits.uriBytes', uriBytes, 8 * 1024),
  })
  for (const key of ['headerBytes', 'uriBytes'] as const) {
    const value = limits[key]
    if (value < leastBytes) throw new OptionError(`limits.${key}`, value, `give at least ${leastBytes} bytes`)
    if (!Number.isFinite(value)) throw new OptionError(`limits.${key}`, false, 'there must be a limit')
  }
  return limits
}

export function readKernelOptions(options: KernelOptions): KernelSettings {
  knownKeys('kernel', options, keys)
  knownKeys('http2', options.http2 ?? {}, ['maxConcurrentStreams', 'resetBudget', 'resetWindow'])

  const pseudonym = options.pseudonym ?? `sallyport-${randomBytes(3).toString('hex')}`
  if (typeof pseudonym !== 'string' || !isToken(pseudonym)) {
    throw new OptionError('pseudonym', pseudonym, 'give a token: letters, digits, dots and dashes')
  }
  const requestIdField = options.requestIdField ?? 'x-request-id'
  if (requestIdField !== false && !isFreeField(requestIdField)) {
    throw new OptionError('requestIdField', requestIdField, "give a field name such as 'x-request-id', or false")
  }
  const clock = options.clock ?? systemClock
  if (!clockMethods.every((name) => typeof clock[name] === 'function')) {
    throw new OptionError('clock', clock, `give an object with the methods ${clockMethods.join(', ')}`)
  }
  return Object.freeze({
    trusted: options.trustedProxies === undefined ? undefined : compileCidrs('trustedProxies', options.trustedProxies),
    pseudonym,
    limits: readLimits(options.limits),
    requestIdField: requestIdField === false ? undefined : requestIdField.toLowerCase(),
    http2: Object.freeze({
      maxConcurrentStreams: integer('http2.maxConcurrentStreams', options.http2?.maxConcurrentStreams, 100, 1),
      resetBudget: integer('http2.resetBudget', options.http2?.resetBudget, 100, 1),
      resetWindow: duration('http2.resetWindow', options.http2?.resetWindow, 60_000),
    }),
    drainTimeout: duration('drainTimeout', options.drainTimeout, 10_000),
    clock,
  })
}

// Fields that say how the message is framed, where it goes or who it is: an id must not stand in for one of them.
const taken =
  /^(host|content-length|content-type|transfer-encoding|connection|te|trailer|upgrade|expect|via|forwarded|x-forwarded-.*|authorization|proxy-.*|cookie)$/i

function isFreeField(name: unknown): boolean {
  return typeof name === 'string' && isToken(name) && !taken.test(name)
}
