import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeRecord, encodeRecord } from '../../src/cache/redis/record.ts'
import { headOf } from './store-bed.ts'

const url = 'http://a.test/'

test('a record that could not be sent as an answer is no record', () => {
  const odd: readonly object[] = [
    { status: 99_999 },
    { status: 200.5 },
    { status: 101 },
    { fields: ['X-Odd'] },
    { fields: ['X-A\r\nB', 'c'] },
    { fields: ['X-A', 'b\r\n\r\nHTTP/1.1 200 OK'] },
    { fields: ['', ''] },
    { upstream: {} },
    { upstream: { name: 'a', protocol: 'ftp:', hostname: 'a', port: 1, authority: 'a', basePath: '' } },
  ]
  for (const one of odd) {
    const text = encodeRecord({ id: 'a', size: 1, head: headOf(url, one) })
    assert.equal(decodeRecord(text), undefined, JSON.stringify(one))
  }
})

test('a record is read as it was written', () => {
  const upstream = { name: 'a', protocol: 'http:', hostname: 'a', port: 1, authority: 'a', basePath: '' } as const
  const head = headOf(url, { upstream, fields: ['Content-Type', 'text/plain', 'X-A', '\u00e4'] })
  assert.deepEqual(decodeRecord(encodeRecord({ id: 'a', size: 1, head })), { id: 'a', size: 1, head })
})
