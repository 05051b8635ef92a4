import type { Head } from './head.ts'
import { type Circumstances, judgeFields, readValidators } from './make-head.ts'
import { isOfRequest } from './may-store.ts'
import type { Arrival } from './outcome.ts'
import type { CachePlan } from './plan.ts'
import { ageOf } from './reuse.ts'
import { type Entry, isSameVariant } from './store.ts'
import { storedFields } from './stored-fields.ts'
import { updateFields } from './update-fields.ts'
import { lengthIn } from './view.ts'

/**
 * The head of a stored response after a 200 to HEAD: with the fields of that, when it speaks of the same representation;
 * stale, when it does not. Undefined: it says nothing of it. RFC 9111 4.3.5.
 */
export function updateByHead(
  plan: CachePlan,
  stored: Entry,
  around: Circumstances,
  arrival: Arrival,
): Head | undefined {
  const { status, raw } = arrival
  const { head } = stored
  if (status !== 200 || head.status !== 200) return undefined
  const { etag, lastModified } = readValidators(raw, around.responseTime)
  const length = lengthIn(raw)
  const isSame =
    (etag === undefined || etag === head.etag) &&
    (lastModified === undefined || lastModified === head.lastModified) &&
    (length === undefined || length === stored.size)
  if (!isSame) {
    return stale(head, around.responseTime)
  }
  const fields = updateFields(head.fields, storedFields(raw))
  const { head: updated, refusal } = judgeFields(
    plan,
    { ...around, url: head.url, method: 'GET' },
    200,
    head.message,
    fields,
    raw,
  )
  if (isOfRequest(refusal)) return undefined
  return updated !== undefined && isSameVariant(updated, head) ? updated : stale(head, around.responseTime)
}

/** As if its time had just run out. */
export function stale(head: Head, now: number): Head {
  return Object.freeze({ ...head, lifetime: Math.min(head.lifetime, ageOf(head, now)) })
}
