import { type ErrorCode, ProxyError } from '../../contract/errors.ts'

/**
 * What a check says. `dead` is a failure that needs no second look: nobody is there. `unknown` says nothing of the
 * upstream: the check failed for a reason of our own, such as no file descriptors left.
 */
export type CheckOutcome = 'pass' | 'fail' | 'dead' | 'unknown'

export interface CheckResult {
  readonly outcome: CheckOutcome
  /** In plain words, for people and logs; nothing of the request, and of the answer no more than its status. */
  readonly reason: string
}

/** A check under way. */
export interface RunningCheck {
  /** Gives up. Nothing is told any more. */
  abort(): void
}

/** Checks one upstream once. Calls `done` once at most, perhaps before it returns. */
export type Check = (done: (result: CheckResult) => void) => RunningCheck

export const pass = (reason: string): CheckResult => ({ outcome: 'pass', reason })
export const fail = (reason: string): CheckResult => ({ outcome: 'fail', reason })

/** `2 s`, `150 ms`. */
function inWords(ms: number): string {
  return ms >= 1000 && ms % 100 === 0 ? `${ms / 1000} s` : `${ms} ms`
}

const unreachable: Readonly<Record<string, string>> = {
  ECONNRESET: 'connection reset while it was made',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  EADDRNOTAVAIL: 'no local address to connect from',
  // Linux, of a Unix socket.
  EAGAIN: 'the queue of the socket is full',
}

/** Our own machine's lack, not the upstream's. To take upstreams down for it would take all of them. */
const lacks = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])
const ourOwn: ReadonlySet<string> = new Set<ErrorCode>(['SP_NO_UPSTREAM', 'SP_SHUTDOWN'])

const answers: Partial<Record<ErrorCode, string>> = {
  SP_UPSTREAM_RESET: 'connection closed before the answer',
  SP_UPSTREAM_PROTOCOL: 'the answer could not be understood',
  SP_UPSTREAM_FIELDS: 'the head of the answer is too large',
  SP_UPSTREAM_INCOMPLETE: 'the answer broke off',
  SP_BAD_FIELD: 'the check could not be sent',
}

/** What a failed connection says. `timeout` in milliseconds. */
export function connectFailure(error: Error, timeout: number): CheckResult {
  const code = causeCode(error)
  const ours = error instanceof ProxyError ? error.code : undefined
  if (lacks.has(code) || (ours !== undefined && ourOwn.has(ours))) return unknown(ours, code)
  if (code === 'ECONNREFUSED') return dead('connection refused')
  switch (ours) {
    case 'SP_CONNECT_REFUSED':
      return dead(code === 'ENOENT' ? 'there is no such socket' : 'connection refused')
    case 'SP_DNS':
      // Only this is an answer. EAI_AGAIN is a resolver in trouble, which may pass.
      return code === 'ENOTFOUND' ? dead('the name is not known') : fail('the name could not be looked up')
    case 'SP_CONNECT_TIMEOUT':
      return fail(`no connection within ${inWords(timeout)}`)
    case 'SP_TLS_CERTIFICATE':
      return fail(`the certificate is not accepted${code === '' ? '' : ` (${code})`}`)
    case 'SP_TLS_PROTOCOL':
      return fail(`no TLS connection${code === '' ? '' : ` (${code})`}`)
    default:
      if (code === 'ECONNRESET') return dead(unreachable.ECONNRESET as string)
      return fail(unreachable[code] ?? answers[ours ?? 'SP_INTERNAL'] ?? 'closed while connecting')
  }
}

/** What a failure on a standing connection says. `begun`: a head had come. */
export function answerFailure(error: Error, timeout: number, begun: boolean): CheckResult {
  const code = error instanceof ProxyError ? error.code : undefined
  if (code !== undefined && ourOwn.has(code)) return unknown(code, '')
  if (code === 'SP_UPSTREAM_TIMEOUT' || code === 'SP_UPSTREAM_STALLED') return tooSlow(timeout, begun)
  if (code === 'SP_UPSTREAM_RESET' && begun) return fail(answers.SP_UPSTREAM_INCOMPLETE as string)
  if (code === 'SP_TLS_PROTOCOL') return fail(`the TLS connection failed (${causeCode(error)})`)
  return fail(answers[code ?? 'SP_INTERNAL'] ?? 'no answer')
}

export function tooSlow(timeout: number, begun: boolean): CheckResult {
  return fail(`${begun ? 'no end of the answer' : 'no answer'} within ${inWords(timeout)}`)
}

function dead(reason: string): CheckResult {
  return { outcome: 'dead', reason }
}

function unknown(ours: ErrorCode | undefined, code: string): CheckResult {
  return { outcome: 'unknown', reason: `not checked (${code === '' ? ours : code})` }
}

/** Of a host with several addresses: all have failed, and a refusal says most. */
function causeCode({ cause }: Error): string {
  const { code, errors = [] } = (cause ?? {}) as { code?: unknown; errors?: readonly { code?: unknown }[] }
  if (errors.some((one) => one.code === 'ECONNREFUSED')) return 'ECONNREFUSED'
  return typeof code === 'string' ? code : ''
}
