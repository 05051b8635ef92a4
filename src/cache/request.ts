import type { DispatchOptions } from '../contract/layer.ts'
import { withoutFields } from '../http/fields.ts'
import { isField } from '../http/hop-by-hop.ts'
import { withLine } from '../http/list-field.ts'
import { type RequestDirectives, readRequestDirectives } from './request-directives.ts'
import type { Conditions } from './validators.ts'

/** What a cache wants to know of a request, read from its fields in one pass. */
export class CacheRequest implements Conditions {
  readonly method: string
  readonly hasBody: boolean
  /** As they would go to the upstream: what Vary is matched with. Flat. */
  readonly fields: readonly string[]
  readonly directives: RequestDirectives
  hasAuthorization = false
  hasCookie = false
  /** Conditions that only an origin may judge (RFC 9111 4.3.2): If-Match, If-Unmodified-Since. */
  hasOriginConditions = false
  range: string | undefined = undefined
  ifRange: string | undefined = undefined
  ifNoneMatch: string | undefined = undefined
  ifModifiedSince: string | undefined = undefined

  constructor({ method, body }: DispatchOptions, fields: readonly string[], obeys: boolean) {
    this.method = method
    this.hasBody = body !== null && body !== undefined
    this.fields = fields
    let control: string | undefined
    let pragma: string | undefined
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string
      const value = fields[i + 1] as string
      switch (name.length) {
        case 5:
          if (isField(name, 'range')) this.range = this.range === undefined ? value : ''
          break
        case 6:
          if (isField(name, 'cookie')) this.hasCookie = true
          else if (isField(name, 'pragma')) pragma = withLine(pragma, value)
          break
        case 8:
          if (isField(name, 'if-match')) this.hasOriginConditions = true
          else if (isField(name, 'if-range')) this.ifRange = value
          break
        case 13:
          if (isField(name, 'cache-control')) control = withLine(control, value)
          else if (isField(name, 'if-none-match')) this.ifNoneMatch = withLine(this.ifNoneMatch, value) ?? ''
          else if (isField(name, 'authorization')) this.hasAuthorization = true
          break
        case 17:
          if (isField(name, 'if-modified-since')) this.ifModifiedSince = value
          break
        case 19:
          if (isField(name, 'if-unmodified-since')) this.hasOriginConditions = true
          break
      }
    }
    this.directives = readRequestDirectives(obeys ? control : undefined, obeys ? pragma : undefined)
  }

  get isConditional(): boolean {
    return this.ifNoneMatch !== undefined || this.ifModifiedSince !== undefined
  }
}

/** The fields without what makes a request conditional or partial: an answer to them is good for everyone. */
export function unconditional(request: CacheRequest): readonly string[] {
  if (!request.isConditional && request.range === undefined && request.ifRange === undefined) return request.fields
  return withoutFields(request.fields, conditional)
}

const conditional: ReadonlySet<string> = new Set(['if-none-match', 'if-modified-since', 'if-range', 'range'])
