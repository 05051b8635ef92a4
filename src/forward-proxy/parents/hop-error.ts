import { type ErrorCode, ProxyError } from '../../contract/errors.ts'

/** A failure on the way through parents. */
export class HopError extends ProxyError {
  /** Which parent of the chain, from 0. */
  readonly hop: number
  /** Its name, without credentials. */
  readonly parent: string
  /** False: it works, and has told us that what lies behind it is out of reach or not allowed. */
  readonly parentFailed: boolean

  constructor(code: ErrorCode, hop: number, parent: string, parentFailed: boolean, detail: string, cause?: unknown) {
    super(code, `parent ${hop} (${parent}): ${detail}`, cause)
    this.hop = hop
    this.parent = parent
    this.parentFailed = parentFailed
  }
}
