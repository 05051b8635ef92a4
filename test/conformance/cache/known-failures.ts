const partialThatLies = [
  'The origin of this test answers `Content-Range: bytes 4-9/10`, six bytes, with the five bytes `01234` as content. RFC',
  '9110 15.3.7.1: "the server generating the 206 response MUST generate a Content-Range header field, describing what range',
  'of the selected representation is enclosed, and a content consisting of the range". One of the two is wrong, and nothing',
  'tells which. The four tests with this answer do not agree either: for `bytes=6-8` to be `234`, the content begins at',
  'byte 4 and byte 9 is missing; for `bytes=-1`, which is byte 9, to be `4`, it begins at byte 5. RFC 9111 3.3: "A cache',
  'MUST NOT use an incomplete response to answer requests unless the response has been made complete, or the request is',
  'partial and specifies a range wholly within the incomplete response". What a range lies within cannot be told of a',
  'response that contradicts itself; served all the same, it would be bytes of another place, or too few, under a',
  'Content-Range that we vouch for. RFC 9111 3.3 says that a 206 "MAY be stored": such a one is passed on and not stored.',
  'With `bytes 5-9/10` the four pass.',
].join('\n')

const errorThatIsNotNumbered = [
  'The origin closes the connection without an answer, and the test wants `not_cached`: a response whose',
  '`Server-Request-Count` is 2. Only an answer of the origin has that field. RFC 9111 5.2.2.2: "if a cache is disconnected,',
  'the cache MUST generate an error response rather than reuse the stale response. The generated status code SHOULD be 504',
  '(Gateway Timeout) unless another error status code is more applicable". An error that is generated has no such field, and',
  'the test takes it for a stored response. No published result passes it. Ours is 502 here: without a validator such a response',
  'is of no use once it is stale, and not kept. With `expected_status: 502` in place of `not_cached` the four pass. Where',
  'there is a validator to ask with, and nobody to ask, it is 504.',
].join('\n')

const unknownCoding = [
  'The origin answers `Transfer-Encoding: ARIZQHYPGXOFWNE`. RFC 9112 6.1: the field "lists the transfer coding names',
  'corresponding to the sequence of transfer codings that have been (or will be) applied to the content in order to form the',
  'message body". Who does not know the coding cannot tell the content from the message body: to drop the field, as the test',
  'wants, would hand on coded bytes as if they were the content, and what is not framed as both ends read it is how responses',
  'are smuggled (RFC 9112 11.1). Such an answer is refused with 502 before it gets to the cache. With `chunked`, the',
  'test passes: the field is not stored.',
].join('\n')

const newerThanAsked = [
  'The stored response has no Last-Modified; its Date is 3,000 seconds later than If-Modified-Since, and the test wants 304.',
  'RFC 9111 4.3.2: "If a request contains an If-Modified-Since header field and the Last-Modified header field is not present',
  'in a stored response, a cache SHOULD use the stored response\'s Date field value". RFC 9110 13.1.3: the condition is false,',
  'and the answer 304, when the "last modification date is earlier or equal to the date provided in the field value". It is',
  'later here, so the client gets the response: what it has is older, and a 304 would have it keep that. With an',
  'If-Modified-Since that is not before the Date, the test passes.',
].join('\n')

const anotherPreference = [
  'The stored response was asked for with `Accept-Language: en, de`, and says `Vary: Accept-Language`; the test wants it for',
  '`fr;q=0.5, de;q=1.0`. RFC 9111 4.1: a cache "MUST NOT use that stored response without revalidation unless all the',
  'presented request header fields nominated by that Vary field value match those fields in the original request", and two',
  'match "if and only if" one can be made the other by whitespace, by combining lines, or by "normalizing both header field',
  'values in a way that is known to have identical semantics". These two do not mean the same: what an origin that has',
  'French too would answer is not known. No published result passes it. With `de, en`, which means the same, the test passes.',
].join('\n')

const anotherTag = [
  'The stored response has the tag `"abcdef"`, the origin is asked about that one and answers 304 with `ETag: "ghijkl"`; the test',
  'wants the stored response, made fresh. RFC 9111 4.3.4: "If the new response contains one or more strong validators, then',
  'each of those strong validators identifies a selected representation for update", and "if none of the initial set contains at',
  'least one of the same strong validators, then the cache MUST NOT use the new response to update any stored responses". The',
  'origin says that it has something else by now: it is asked for all of that. With the stored tag in the 304 the test passes.',
].join('\n')

/**
 * Tests of the suite that fail, by id, with the reason in Markdown and the text of the RFC that it stands on. One that passes
 * after all must leave this list; each passes in corrected.test.ts, once the test is put right.
 */
export const knownFailures: Readonly<Record<string, string>> = {
  'partial-store-partial-reuse-partial': partialThatLies,
  'partial-store-partial-reuse-partial-byterange': partialThatLies,
  'partial-store-partial-reuse-partial-absent': partialThatLies,
  'partial-store-partial-reuse-partial-suffix': partialThatLies,
  'stale-close-must-revalidate': errorThatIsNotNumbered,
  'stale-close-proxy-revalidate': errorThatIsNotNumbered,
  'stale-close-no-cache': errorThatIsNotNumbered,
  'stale-close-s-maxage=2': errorThatIsNotNumbered,
  'headers-store-Transfer-Encoding': unknownCoding,
  'conditional-lm-fresh-no-lm': newerThanAsked,
  'vary-normalise-lang-select': anotherPreference,
  '304-etag-update-response-ETag': anotherTag,
}
