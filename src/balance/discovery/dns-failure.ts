export type RecordKind = 'A' | 'AAAA' | 'SRV'

const sentences: Readonly<Record<string, string>> = {
  NXDOMAIN: 'the name does not exist',
  NODATA: 'the name has no such record',
  SERVFAIL: 'the DNS server could not find out',
  REFUSED: 'the DNS server refused to answer',
  TIMEOUT: 'no answer came in time',
  ECONNREFUSED: 'nothing listens at the DNS server',
}

/** Why a name gave no records. */
export class DnsFailure extends Error {
  override readonly name = 'DnsFailure'
  /** Name of the DNS response code (RFC 1035, RFC 6895), `NODATA`, `TIMEOUT`, or the system's error code. */
  readonly code: string

  constructor(code: string, type: RecordKind, host: string, cause?: unknown) {
    const why = sentences[code]
    super(`No ${type} records of ${host}: ${why === undefined ? code : `${why} (${code})`}`, { cause })
    this.code = code
  }

  /** DNS answered, and said that there is nothing. All else is that it did not answer. */
  get empty(): boolean {
    return this.code === 'NXDOMAIN' || this.code === 'NODATA'
  }
}
