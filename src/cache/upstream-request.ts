import type { Answer } from './answer.ts'
import type { FillMode } from './fill-host.ts'
import type { Head } from './head.ts'
import { unconditional } from './request.ts'
import { dropUnkeyed } from './unkeyed-fields.ts'
import { hasStrongValidator } from './validators.ts'

/** The fields that go to the upstream: for an answer that is good for all, not only for the one that asked. Flat. */
export function requestFor(
  { request, plan, exchange }: Answer,
  mode: FillMode,
  base: Head | undefined,
): readonly string[] {
  const keyed = dropUnkeyed(plan.key, own(request, mode), exchange)
  const { surrogate } = plan
  const more = mode === 'fetch' || mode === 'solo' ? [] : conditions(mode, base as Head)
  if (surrogate !== undefined) more.push('Surrogate-Capability', `${surrogate}="Surrogate/1.0"`)
  return more.length === 0 ? keyed : [...keyed, ...more]
}

function own(request: Answer['request'], mode: FillMode): readonly string[] {
  if (mode === 'solo') return request.fields
  const fields = unconditional(request)
  if (mode !== 'fetch' || request.range === undefined) return fields
  const range = ['Range', request.range]
  if (request.ifRange !== undefined) range.push('If-Range', request.ifRange)
  return [...fields, ...range]
}

function conditions(mode: FillMode, base: Head): string[] {
  const { etag, part, fields } = base
  if (mode === 'complete') {
    const range = ['Range', `bytes=${part === undefined ? 0 : part.last + 1}-`]
    if (etag !== undefined && hasStrongValidator(base)) range.push('If-Range', etag)
    return range
  }
  const found: string[] = []
  if (etag !== undefined) found.push('If-None-Match', etag)
  for (let i = 0; i < fields.length; i += 2) {
    // As it came: an origin may compare it letter by letter.
    if ((fields[i] as string).toLowerCase() === 'last-modified')
      found.push('If-Modified-Since', fields[i + 1] as string)
  }
  return found
}
