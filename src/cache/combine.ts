import type { Head } from './head.ts'
import type { Entry, Writer } from './store.ts'
import { updateFields } from './update-fields.ts'
import { hasStrongValidator, matchStrong } from './validators.ts'

/** Two parts as one: the head of it, and what of the stored one stands before and after the new. */
export interface Union {
  readonly head: Head
  readonly before: readonly Buffer[]
  readonly after: readonly Buffer[]
}

/**
 * The stored part and the new one as one response, when they are of the same representation (one strong validator, RFC 9110
 * 15.3.7.3), touch, and the stored one is at hand. Else undefined.
 */
export function unite(stored: Entry, fresh: Head): Union | undefined {
  const old = stored.head.part
  const part = fresh.part
  if (old === undefined || part === undefined || !isSameRepresentation(stored.head, fresh)) return undefined
  if (old.complete !== part.complete || old.first > part.last + 1 || part.first > old.last + 1) return undefined
  const before = old.first < part.first ? stored.read(0, part.first - old.first) : none
  const after = old.last > part.last ? stored.read(part.last + 1 - old.first, stored.size) : none
  if (!Array.isArray(before) || !Array.isArray(after)) return undefined
  const first = Math.min(old.first, part.first)
  const last = Math.max(old.last, part.last)
  const whole = first === 0 && last === part.complete - 1
  const head = whole ? asWhole(fresh) : { ...fresh, part: { first, last, complete: part.complete } }
  return { head: Object.freeze(head), before, after }
}

/**
 * The complete response that a stored beginning and the rest of it make: its head, and the beginning. Undefined when the
 * rest is of something else, or does not follow.
 */
export function completed(
  stored: Entry,
  rest: Head,
): { head: Head; before: readonly Buffer[]; due: number } | undefined {
  const old = stored.head.part
  const { part } = rest
  if (old === undefined || part === undefined || !isSameRepresentation(stored.head, rest)) return undefined
  if (old.complete !== part.complete || part.first !== old.last + 1 || part.last !== part.complete - 1) return undefined
  const before = stored.read(0, stored.size)
  if (!Array.isArray(before)) return undefined
  const head = asWhole({ ...rest, fields: updateFields(stored.head.fields, rest.fields) })
  return { head: Object.freeze(head), before, due: part.complete }
}

/** A writer that has `before` written ahead of what it is given, and `after` behind it. */
export function joined(writer: Writer, { before, after }: Union): Writer {
  for (const chunk of before) writer.write(chunk)
  return {
    get failed() {
      return writer.failed
    },
    get onDrain() {
      return writer.onDrain
    },
    set onDrain(fn) {
      writer.onDrain = fn
    },
    write: (chunk) => writer.write(chunk),
    abort: () => writer.abort(),
    commit() {
      for (const chunk of after) writer.write(chunk)
      return writer.commit()
    },
  }
}

export function isSameRepresentation(a: Head, b: Head): boolean {
  if (!hasStrongValidator(a) || !hasStrongValidator(b)) return false
  if (a.etag !== undefined || b.etag !== undefined) {
    return a.etag !== undefined && b.etag !== undefined && matchStrong(a.etag, b.etag)
  }
  return a.lastModified === b.lastModified
}

function asWhole(head: Head): Head {
  return { ...head, status: 200, message: 'OK', part: undefined }
}

const none: readonly Buffer[] = Object.freeze([])
