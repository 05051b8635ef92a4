import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeHealthResponse, encodeHealthRequest } from '../../../src/balance/health/grpc-health.ts'

test('the question about the whole server is an empty message', () => {
  assert.equal(encodeHealthRequest('').toString('hex'), '0000000000')
})

test('the question about a service is field 1 with its name', () => {
  assert.equal(encodeHealthRequest('abc').toString('hex'), '0000000005' + '0a03616263')
  assert.equal(encodeHealthRequest('x'.repeat(300)).subarray(0, 8).toString('hex'), '000000012f' + '0aac02')
})

const answers: readonly [hex: string, status: number | undefined, what: string][] = [
  ['0000000002' + '0801', 1, 'SERVING'],
  ['0000000002' + '0802', 2, 'NOT_SERVING'],
  ['0000000000', 0, 'an empty message: UNKNOWN'],
  ['0000000004' + '1001' + '0801', 1, 'a field of a later version before it'],
  ['0000000006' + '1a02ffff' + '0801', 1, 'a longer field of a later version'],
  ['0000000003' + '0801' + '21', undefined, 'a field cut off'],
  ['0000000004' + '0801' + '0802', 2, 'twice: the last counts'],
  ['0100000002' + '0801', undefined, 'compressed'],
  ['0000000003' + '0801', undefined, 'shorter than it says'],
  ['0000000001' + '0801', undefined, 'longer than it says'],
  ['00000000', undefined, 'no prefix'],
  ['', undefined, 'nothing'],
  ['0000000001' + '08', undefined, 'a field without its value'],
  ['0000000003' + '1aff01', undefined, 'a field longer than the message'],
  ['0000000002' + '0b01', undefined, 'a wire type that is no more'],
  ['000000000b' + 'ffffffffffffffffffffff', undefined, 'a number without an end'],
  ['0000000006' + '1affffffff7f', undefined, 'a length beyond the message'],
]
for (const [hex, status, what] of answers) {
  test(`an answer is read with care: ${what}`, () => {
    assert.equal(decodeHealthResponse(Buffer.from(hex, 'hex')), status)
  })
}
