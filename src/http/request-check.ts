import { RequestFault, type RequestHead } from './target.ts'

export interface FieldLimits {
  /** Bytes of all field lines: name, value, colon, space and line end. */
  readonly headerBytes: number
  /** Number of field lines; the pseudo fields of HTTP/2 are not counted. */
  readonly headerFields: number
}

/**
 * Checks the fields of a request for what Node lets pass and a proxy must not: the same limits in HTTP/1 and HTTP/2,
 * framing that could be read in two ways (RFC 9112 6), expectations that nobody can meet (RFC 9110 10.1.1). One pass.
 * @param underscores what becomes of names with an underscore; only `refuse` is decided here
 */
export function checkRequest(
  head: RequestHead,
  limits: FieldLimits,
  underscores: 'drop' | 'refuse' | 'pass',
): RequestFault | undefined {
  const { rawFields } = head
  let fields = 0
  let bytes = 0
  let lengths = 0
  let codings: string | undefined
  for (let i = 0; i < rawFields.length; i += 2) {
    const name = rawFields[i] as string
    const value = rawFields[i + 1] as string
    if (name.charCodeAt(0) === 0x3a) continue
    fields++
    bytes += name.length + value.length + 4
    switch (name.length) {
      case 6:
        if (isNamed(name, 'expect') && !isContinue(value)) return faults.expectation
        break
      case 14:
        if (isNamed(name, 'content-length')) lengths++
        break
      case 17:
        if (isNamed(name, 'transfer-encoding')) codings = codings === undefined ? value : `${codings},${value}`
        break
    }
    if (underscores === 'refuse' && name.includes('_')) return faults.underscore
  }
  if (fields > limits.headerFields) return faults.tooMany
  if (bytes > limits.headerBytes) return faults.tooLarge
  if (lengths > 1) return faults.twoLengths
  if (codings === undefined) return undefined
  // RFC 9112 6.1: a Transfer-Encoding from a version that has none, or beside Content-Length, may be an attempt to smuggle.
  if (head.h2 || head.httpVersionMinor === 0) return faults.codingVersion
  if (lengths > 0) return faults.codingAndLength
  return codings === 'chunked' || isChunkedAlone(codings) ? undefined : faults.coding
}

const isNamed = (field: string, name: string): boolean => field === name || field.toLowerCase() === name

const isContinue = (value: string): boolean => value === '100-continue' || value.trim().toLowerCase() === '100-continue'

/** RFC 9110 5.6.1: empty members of a list are ignored. */
function isChunkedAlone(codings: string): boolean {
  let chunked = 0
  for (const member of codings.split(',')) {
    const coding = trimBlanks(member)
    if (coding === '') continue
    if (coding.toLowerCase() !== 'chunked') return false
    chunked++
  }
  return chunked === 1
}

/** Spaces and tabs alone: a vertical tab that another parser skips makes it another coding. */
function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isBlank = (c: number): boolean => c === 0x20 || c === 0x09

const faults = {
  tooMany: new RequestFault('SP_FIELDS_TOO_LARGE', 'more field lines than limits.headerFields'),
  tooLarge: new RequestFault('SP_FIELDS_TOO_LARGE', 'the fields are larger than limits.headerBytes'),
  expectation: new RequestFault('SP_EXPECTATION_FAILED', 'Expect is something else than 100-continue'),
  underscore: new RequestFault('SP_BAD_FIELD', 'a field name has an underscore'),
  twoLengths: new RequestFault('SP_BAD_REQUEST', 'two Content-Length fields'),
  codingVersion: new RequestFault('SP_BAD_REQUEST', 'Transfer-Encoding in a version other than HTTP/1.1'),
  codingAndLength: new RequestFault('SP_BAD_REQUEST', 'Transfer-Encoding beside Content-Length'),
  coding: new RequestFault('SP_TRANSFER_CODING', 'Transfer-Encoding is something else than chunked'),
}
