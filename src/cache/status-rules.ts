/** May its freshness be guessed? RFC 9110 15.1, and 451 by RFC 7725 3. */
export function isHeuristicallyCacheable(status: number): boolean {
  return heuristically.has(status)
}

/** Do we know what caching it takes (RFC 9111 5.2.2.3)? The statuses of RFC 9110 15, and 451. */
export function isUnderstood(status: number): boolean {
  return understood.has(status)
}

/**
 * Is it for one request or one connection, whatever it says? 428, 429, 431 and 511 by RFC 6585; 407, 408, 412, 416, 417, 421, 425 and
 * 426 answer the head of one request or the connection it came by; 304 updates what is stored, and does not enter by itself.
 */
export function isNeverStored(status: number): boolean {
  return status < 200 || never.has(status)
}

/**
 * Is it how an origin answers a head that it does not like: too large, odd, a method of its own? Whoever sends such a head
 * could have the error stored in place of the page (CPDoS). Its own word alone lets it be stored.
 */
export function isProvokedByHead(status: number): boolean {
  return status === 400 || status === 413 || status === 414 || status === 501
}

/** Does an answer with this status tell of the one request alone, and nothing of the resource? */
export function isOfOneRequest(status: number): boolean {
  return isProvokedByHead(status) || isNeverStored(status)
}

const heuristically: ReadonlySet<number> = new Set([200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 451, 501])
const never: ReadonlySet<number> = new Set([304, 407, 408, 412, 416, 417, 421, 425, 426, 428, 429, 431, 511])
const understood: ReadonlySet<number> = new Set([
  ...[200, 201, 202, 203, 204, 205, 206],
  ...[300, 301, 302, 303, 304, 305, 307, 308],
  ...[400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426, 451],
  ...[500, 501, 502, 503, 504, 505],
])
