import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { knownFailures } from './known-failures.ts'
import { runSuite } from './run.ts'
import { coreGroups, type SuiteRequest, type SuiteResults, type SuiteTest } from './suite.ts'

type Field = readonly [name: string, value: string | number, kept?: boolean]

/** How each known failure is made to say what the RFC says: its two requests, as they should be. */
const corrections: Readonly<Record<string, (first: SuiteRequest, second: SuiteRequest) => SuiteRequest[]>> = {
  // Five bytes, 5 to 9 of 10, are `01234`. Where that is not what the suite expects, the suite counts from byte 4.
  'partial-store-partial-reuse-partial': partial('01234'),
  'partial-store-partial-reuse-partial-byterange': partial('123'),
  'partial-store-partial-reuse-partial-absent': partial('1234'),
  'partial-store-partial-reuse-partial-suffix': partial('4'),
  'stale-close-must-revalidate': closed,
  'stale-close-proxy-revalidate': closed,
  'stale-close-no-cache': closed,
  'stale-close-s-maxage=2': closed,
  'headers-store-Transfer-Encoding': (first, second) => [
    withField(first, 'Transfer-Encoding', 'ARIZQHYPGXOFWNE', 'chunked'),
    second,
  ],
  // The same preferences in another order.
  'vary-normalise-lang-select': (first, second) => [
    first,
    { ...second, request_headers: [['Accept-Language', 'de, en']] },
  ],
  // About the stored response.
  '304-etag-update-response-ETag': (first, second) => [first, withField(second, 'ETag', '"ghijkl"', '"abcdef"')],
  // A client whose copy is as old as what is stored has no use for it.
  'conditional-lm-fresh-no-lm': (first, second) => [first, { ...second, request_headers: [['If-Modified-Since', 0]] }],
}

let results: SuiteResults = {}
before(async () => {
  const tests = coreGroups.flatMap((group) => group.tests).flatMap(correct)
  results = await runSuite([{ id: 'corrected', name: 'Corrected', tests }])
})

describe('a known failure passes once the test says what the RFC says', () => {
  for (const id of Object.keys(corrections)) test(id, () => assert.equal(results[id], true, String(results[id])))

  test('and there is no other', () => {
    assert.deepEqual(Object.keys(knownFailures).sort(), Object.keys(corrections).sort())
  })
})

function correct(test: SuiteTest): SuiteTest[] {
  const [first, second] = test.requests
  const correction = corrections[test.id]
  if (correction === undefined || first === undefined || second === undefined) return []
  return [{ ...test, requests: correction(first, second) }]
}

function partial(text: string) {
  return (first: SuiteRequest, second: SuiteRequest): SuiteRequest[] => [
    withField(first, 'Content-Range', 'bytes 4-9/10', 'bytes 5-9/10'),
    { ...second, expected_response_text: text },
  ]
}

/** RFC 9111 5.2.2.2: an error. Ours says that the upstream closed the connection, which is more than that time is up. */
function closed(first: SuiteRequest, { expected_type, ...second }: SuiteRequest): SuiteRequest[] {
  assert.equal(expected_type, 'not_cached')
  return [first, { ...second, expected_status: 502, check_body: false }]
}

function withField(request: SuiteRequest, name: string, wrong: string, right: string): SuiteRequest {
  const fields = (request.response_headers ?? []).map((field): Field => {
    if (field[0] !== name) return field
    assert.equal(field[1], wrong, 'the suite has changed: is the known failure still one?')
    return field[2] === undefined ? [name, right] : [name, right, field[2]]
  })
  return { ...request, response_headers: fields }
}
