import type { Freshness } from './freshness.ts'
import type { ResponseDirectives } from './response-directives.ts'

export interface StoringRequest {
  readonly method: string
  readonly hasBody: boolean
  readonly noStore: boolean
  readonly hasAuthorization: boolean
  readonly hasCookie: boolean
  readonly hasRange: boolean
  /** Content-Location of the response is the target URI. @default false */
  readonly contentLocationIsTarget?: boolean
}

export interface StoringResponse {
  readonly status: number
  readonly fields: readonly string[]
  readonly directives: ResponseDirectives
  readonly freshness: Freshness
  readonly hasValidator: boolean
}

export interface StoringOptions {
  readonly storeSetCookie: boolean
}

export function whyNotStored(
  _request: StoringRequest,
  _response: StoringResponse,
  _options: StoringOptions,
): string | undefined {
  throw new Error('not there yet')
}
