import type { ErrorCode, ProxyError } from '../../contract/errors.ts'
import { maxSectionSize, Section } from '../../upstream/http1-section.ts'
import { bracketed } from '../target/canonical-host.ts'
import type { Dialogue, HandshakeFault } from './converse.ts'
import type { Credentials } from './credentials.ts'

/** Bytes of all heads of one answer together, interim ones included. */
const maxHeads = maxSectionSize

/**
 * CONNECT to a parent over HTTP/1.1 (RFC 9110 9.3.6). Interim answers are skipped, any 2xx begins the tunnel whatever its
 * fields say. Nothing that the parent writes but its status is kept.
 * @param host without brackets
 */
export function httpConnect(host: string, port: number, credentials: Credentials | undefined): Dialogue {
  const authority = `${bracketed(host)}:${port}`
  const authorization = credentials === undefined ? '' : `Proxy-Authorization: ${credentials.basic}\r\n`
  let section = new Section(false)
  let bytes = 0

  return {
    opening: Buffer.from(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`, 'latin1'),
    owes: () => false,
    hear(chunk) {
      let at = 0
      while (true) {
        let end: number
        try {
          end = section.gather(chunk, at, chunk.length)
        } catch (error) {
          return fault((error as ProxyError).code, (error as ProxyError).message)
        }
        bytes += (end === -1 ? chunk.length : end) - at
        if (bytes > maxHeads) return fault('SP_UPSTREAM_FIELDS', `an answer of more than ${maxHeads} bytes`)
        if (end === -1) return -1
        const status = statusOf(section.text(16))
        if (status === -1) return fault('SP_UPSTREAM_PROTOCOL', 'the answer to CONNECT is no HTTP/1')
        if (status >= 200) return status < 300 ? end : refused(status)
        if (status === 101) return fault('SP_UPSTREAM_PROTOCOL', 'it answers CONNECT with 101')
        section = new Section(false)
        at = end
      }
    },
  }
}

/** The status of `HTTP/1.x NNN`, followed by a space or the end of the line; -1 for anything else. */
function statusOf(head: string): number {
  const parts = /^HTTP\/1\.[01] ([1-9]\d\d)[ \r]/.exec(head)
  return parts === null ? -1 : Number(parts[1])
}

/**
 * RFC 9110 15: what a status says about the parent and about what lies behind it. A parent that answers is alive: were a
 * 5xx held against it, a client could have it taken out of use by asking for targets that do not exist.
 */
function refused(status: number): HandshakeFault {
  const detail = `it answers CONNECT with ${status}`
  // Tinyproxy says 401 to a wrong password, and 407 to none.
  if (status === 407 || status === 401) return fault('SP_PARENT_AUTH', detail)
  return { code: codeOf(status), detail, parentFailed: false }
}

function codeOf(status: number): ErrorCode {
  if (status === 403 || status === 451) return 'SP_PARENT_DENIED'
  if (status === 504) return 'SP_CONNECT_TIMEOUT'
  return status === 429 || status >= 500 ? 'SP_CONNECT_FAILED' : 'SP_UPSTREAM_PROTOCOL'
}

const fault = (code: ErrorCode, detail: string): HandshakeFault => ({ code, detail, parentFailed: true })
