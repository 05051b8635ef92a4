/** What a response says of its storage, strictly read. Durations are seconds, at most 2^31. */
export interface ResponseDirectives {
  /** False when neither Cache-Control nor a targeted field is there. */
  readonly present: boolean
  /** A targeted field (RFC 9213) or Surrogate-Control spoke: Cache-Control and Expires do not count. */
  readonly targeted: boolean
  readonly noStore: boolean
  /** Also for `no-cache="..."`: which fields it names is not looked at. */
  readonly noCache: boolean
  /** Also for `private="..."`. */
  readonly private: boolean
  readonly public: boolean
  readonly mustRevalidate: boolean
  readonly proxyRevalidate: boolean
  /** With it, `noStore` does not count for who understands the status (RFC 9111 5.2.2.3). */
  readonly mustUnderstand: boolean
  readonly immutable: boolean
  /** May answer others than the one with the Authorization it was for (RFC 9111 3.5): `public`, `s-maxage` or `must-revalidate`, beyond doubt. */
  readonly shareable: boolean
  /** Undefined when not there; 0 when invalid, the smallest of several (RFC 9111 4.2.1). */
  readonly maxAge: number | undefined
  readonly sMaxAge: number | undefined
  /** Undefined when not there or invalid; the smallest of several. RFC 5861. */
  readonly staleWhileRevalidate: number | undefined
  readonly staleIfError: number | undefined
}

export interface DirectiveOptions {
  /** Lower-case names of targeted fields (RFC 9213), the preferred first. */
  readonly targets: readonly string[]
  /** Our device token in Surrogate-Control; undefined: that field is ignored. */
  readonly surrogate: string | undefined
}

export function readResponseDirectives(_fields: readonly string[], _options: DirectiveOptions): ResponseDirectives {
  throw new Error('not there yet')
}
