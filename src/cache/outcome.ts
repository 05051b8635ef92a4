import { completed } from './combine.ts'
import type { FillMode } from './fill-host.ts'
import type { Head } from './head.ts'
import { type Circumstances, judge, judgeFields, readValidators } from './make-head.ts'
import { readNoVarySearch } from './no-vary-search.ts'
import type { CachePlan } from './plan.ts'
import { mayReplaceError } from './reuse.ts'
import { type Entry, isSameVariant } from './store.ts'
import { storedFields } from './stored-fields.ts'
import { updateFields } from './update-fields.ts'
import { isStrongDate, isWeak, matchWeak } from './validators.ts'
import { lengthIn } from './view.ts'

/** The head of an upstream's final answer. `raw` is flat, as it came. */
export interface Arrival {
  readonly status: number
  readonly message: string
  readonly raw: readonly string[]
}

/** What the head of an answer means for those that wait and for what is stored. */
export type Outcome =
  /**
   * A new response that may be stored. `before`: content that is here already, the answer brings the rest. `due`: bytes of
   * content in all, where Content-Range says so.
   */
  | {
      readonly kind: 'share'
      readonly head: Head
      readonly before: readonly Buffer[]
      readonly due: number | undefined
    }
  /** For the one that asked alone. */
  | { readonly kind: 'pass'; readonly refusal: string }
  /** The stored response holds, with this head. */
  | { readonly kind: 'validated'; readonly head: Head }
  /** It holds for the one that asked, and is no longer to be kept. */
  | { readonly kind: 'validated-once'; readonly head: Head }
  /** It stands in for an error. */
  | { readonly kind: 'stale-if-error' }
  /** What came does not go with what is stored: the whole is to be asked for. */
  | { readonly kind: 'refetch' }

/** RFC 9111 sections 3, 3.4, 4.3.3 and 4.3.4, RFC 5861 4. */
export function outcomeOf(
  plan: CachePlan,
  mode: FillMode,
  base: Entry | undefined,
  around: Circumstances,
  arrival: Arrival,
): Outcome {
  const { status, message, raw } = arrival
  if (base !== undefined && mode === 'validate') {
    if (status === 304) {
      return isOfAnother(base.head, raw, around.responseTime)
        ? { kind: 'refetch' }
        : validated(plan, base.head, around, raw)
    }
    if (isServerError(status) && mayReplaceError(base.head, around.responseTime)) return { kind: 'stale-if-error' }
  }
  // The rest of a stored part is a range that we asked for ourselves.
  const asked = mode === 'complete' ? { ...around, hasRange: true } : around
  // There is no rest any more: it has become shorter. Nobody else has asked for a range.
  if (mode === 'complete' && status === 416) return { kind: 'refetch' }
  const { head, refusal } = judge(plan, asked, status, message, raw)
  if (base !== undefined && mode === 'complete' && status === 206) {
    const whole = head === undefined ? undefined : completed(base, head)
    return whole === undefined ? { kind: 'refetch' } : { kind: 'share', ...whole }
  }
  if (head === undefined) return { kind: 'pass', refusal }
  const { part } = head
  const due = part === undefined ? undefined : part.last - part.first + 1
  // RFC 9110 14.4: two words on how much there is. Neither is believed.
  const length = lengthIn(raw)
  if (due !== undefined && length !== undefined && length !== due) return { kind: 'pass', refusal: 'content-range' }
  return { kind: 'share', head, before: none, due }
}

function validated(plan: CachePlan, stored: Head, around: Circumstances, raw: readonly string[]): Outcome {
  const fields = updateFields(stored.fields, storedFields(raw))
  const { head } = judgeFields(plan, { ...around, url: stored.url }, stored.status, stored.message, fields, raw)
  // A 304 that says who else it is for makes another variant of it: that is for the next answer to tell.
  // So does one with another rule for the URL, which the stored one is not found by.
  const isSameRule = readNoVarySearch(fields)?.id === readNoVarySearch(stored.fields)?.id
  if (head === undefined || !isSameVariant(head, stored) || !isSameRule)
    return { kind: 'validated-once', head: Object.freeze({ ...stored, fields }) }
  return { kind: 'validated', head }
}

/**
 * RFC 9111 4.3.4: a 304 with a strong validator that the stored response does not have is not about that. A tag that is the
 * same but for `W/` will do: servers that compress weaken the tag of a 200, and not that of its 304.
 */
function isOfAnother(stored: Head, raw: readonly string[], now: number): boolean {
  const { etag, lastModified } = readValidators(raw, now)
  if (etag === undefined || isWeak(etag)) return false
  if (stored.etag !== undefined && matchWeak(etag, stored.etag)) return false
  return lastModified === undefined || lastModified !== stored.lastModified || !isStrongDate(stored)
}

function isServerError(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504
}

const none: readonly Buffer[] = Object.freeze([])
