import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProxyError } from '../../src/contract/errors.ts'
import { type AnswerEvents, type AnswerHead, AnswerParser } from '../../src/upstream/http1-parser.ts'

/** Writes down what a parser says, in one text, so that two ways to the same bytes can be compared. */
class Notes implements AnswerEvents {
  heads: AnswerHead[] = []
  content = ''
  trailers: readonly string[] | undefined
  more = false

  onHead(head: AnswerHead): void {
    this.heads.push(head)
  }

  onContent(bytes: Buffer, from: number, to: number): void {
    assert.ok(from < to, 'never an empty piece')
    this.content += bytes.toString('latin1', from, to)
  }

  onEnd(trailers: readonly string[], more: boolean): void {
    assert.equal(this.trailers, undefined, 'one end')
    this.trailers = trailers
    this.more ||= more
  }

  get text(): string {
    const heads = this.heads.map(
      ({ status, reason, persistent, fields }) => `${status} ${reason} ${persistent} ${fields.raw.join('|')}`,
    )
    return [...heads, this.content, this.trailers?.join('|') ?? 'no end'].join('\n')
  }
}

interface Outcome {
  readonly notes: Notes
  /** Code of the error, else `ended` or `open` for what `finish` says. */
  readonly end: string
}

/** Gives the pieces one by one, then the end of the connection. */
function parse(pieces: readonly string[], toHead = false): Outcome {
  const parser = new AnswerParser()
  const notes = new Notes()
  parser.expect(notes, toHead)
  try {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece, 'latin1')
      const at = parser.execute(bytes, 0, bytes.length)
      if (at < bytes.length) notes.more = true
      // Whoever kept a slice of what it was given would see this.
      bytes.fill(0)
    }
    return { notes, end: parser.finish() ? 'ended' : 'open' }
  } catch (error) {
    assert.ok(error instanceof ProxyError, String(error))
    return { notes, end: error.code }
  }
}

const ok = 'HTTP/1.1 200 OK\r\n'

const answers: readonly [string, string, string, boolean?][] = [
  ['a length', `${ok}Content-Length: 5\r\n\r\nhello`, '200 OK true Content-Length|5\nhello\n'],
  ['a length of 0', `${ok}Content-Length: 0\r\n\r\n`, '200 OK true Content-Length|0\n\n'],
  ['leading zeros', `${ok}Content-Length: 0005\r\n\r\nhello`, '200 OK true Content-Length|0005\nhello\n'],
  ['until close', `${ok}X: y\r\n\r\nhello`, '200 OK false X|y\nhello\n'],
  ['HEAD', `${ok}Content-Length: 5\r\n\r\n`, '200 OK true Content-Length|5\n\n', true],
  ['HEAD with chunks', `${ok}Transfer-Encoding: chunked\r\n\r\n`, '200 OK true Transfer-Encoding|chunked\n\n', true],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', '204 No Content true \n\n'],
  ['204 with a length', 'HTTP/1.1 204 x\r\nContent-Length: 3\r\n\r\n', '204 x false Content-Length|3\n\n'],
  ['304', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n', '304 Not Modified true ETag|"a"\n\n'],
  [
    'chunks, extensions, trailers',
    `${ok}Transfer-Encoding: Chunked\r\n\r\n5;a="b"\r\nhello\r\n00A\r\n, 10 bytes\r\n0;last\r\nX-Sum: 1\r\nX-sum:2 \r\n\r\n`,
    '200 OK true Transfer-Encoding|Chunked\nhello, 10 bytes\nX-Sum|1|X-sum|2',
  ],
  [
    'interim',
    `HTTP/1.1 103 Early\r\nLink: <a>\r\n\r\n${ok}Content-Length: 0\r\n\r\n`,
    '103 Early true Link|<a>\n200 OK true Content-Length|0\n\n',
  ],
  ['no phrase', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', '200  true Content-Length|0\n\n'],
  ['an empty phrase', 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n', '200  true Content-Length|0\n\n'],
  [
    'bytes above ASCII',
    `HTTP/1.1 200 \xd0\x9f\r\nX: \xe9\xff\r\nContent-Length: 0\r\n\r\n`,
    '200 \xd0\x9f true X|\xe9\xff|Content-Length|0\n\n',
  ],
  [
    'space around values',
    `${ok}A:b\r\nC: \t d e\t \r\nE:\r\nContent-Length: 0\r\n\r\n`,
    '200 OK true A|b|C|d e|E||Content-Length|0\n\n',
  ],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', '200 OK false Content-Length|2\nok\n'],
  [
    'HTTP/1.0 kept alive',
    'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok',
    '200 OK true Connection|Keep-Alive|Content-Length|2\nok\n',
  ],
  [
    'close among options',
    `${ok}Connection: x, Close\r\nContent-Length: 2\r\n\r\nok`,
    '200 OK false Connection|x, Close|Content-Length|2\nok\n',
  ],
  [
    'HTTP/1.0 with chunks',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    '200 OK false Connection|keep-alive|Transfer-Encoding|chunked\nok\n',
  ],
]

for (const [what, bytes, expected, toHead = false] of answers) {
  test(`${what}: read the same whole, split at any place, and byte by byte`, () => {
    const whole = parse([bytes], toHead)
    assert.deepEqual([whole.notes.text, whole.end, whole.notes.more], [expected, 'ended', false])

    for (let at = 1; at < bytes.length; at++) {
      const { notes, end } = parse([bytes.slice(0, at), bytes.slice(at)], toHead)
      assert.deepEqual([notes.text, end, notes.more], [expected, 'ended', false], `split at ${at}`)
    }
    const { notes, end } = parse([...bytes], toHead)
    assert.deepEqual([notes.text, end, notes.more], [expected, 'ended', false])
  })

  if (!expected.startsWith('200 OK false X|y')) {
    test(`${what}: what comes behind is told apart`, () => {
      assert.equal(parse([`${bytes}!`], toHead).notes.more, true)
      assert.equal(parse([...bytes, '!'], toHead).notes.more, true)
    })
  }
}

const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`
const protocol = 'SP_UPSTREAM_PROTOCOL'

const refused: readonly [string, string, string?][] = [
  ['another protocol', 'SSH-2.0-OpenSSH'],
  ['no slash', 'HTTP 200 OK\r\n\r\n'],
  ['lower case', 'http/1.1 200 OK\r\n\r\n'],
  ['HTTP/2.0', 'HTTP/2.0 200 OK\r\n\r\n'],
  ['HTTP/1.x', 'HTTP/1.x 200 OK\r\n\r\n'],
  ['HTTP/1.10', 'HTTP/1.10 200 OK\r\n\r\n'],
  ['an empty line before', `\r\n${ok}\r\n`],
  ['two spaces', 'HTTP/1.1  200 OK\r\n\r\n'],
  ['two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['a status of 099', 'HTTP/1.1 099 OK\r\n\r\n'],
  ['no status', 'HTTP/1.1\r\n\r\n'],
  ['a tab for a space', 'HTTP/1.1\t200 OK\r\n\r\n'],
  ['NUL in the phrase', 'HTTP/1.1 200 O\0K\r\n\r\n'],
  ['a bare CR in the phrase', 'HTTP/1.1 200 O\rK\r\n\r\n'],
  ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  ['one bare LF', `${ok}A: b\nContent-Length: 0\r\n\r\n`],
  ['space before the colon', `${ok}A : b\r\n\r\n`],
  ['no colon', `${ok}A b\r\n\r\n`],
  ['no name', `${ok}: b\r\n\r\n`],
  ['a name that is no token', `${ok}A(b): c\r\n\r\n`],
  ['a folded line', `${ok}A: b\r\n c\r\n\r\n`],
  ['space before the first field', `${ok} A: b\r\n\r\n`],
  ['NUL in a value', `${ok}A: b\0c\r\n\r\n`],
  ['a bare CR in a value', `${ok}A: b\rc\r\n\r\n`],
  ['DEL in a value', `${ok}A: b\x7f\r\n\r\n`],
  ['a bare CR before the end', `${ok}A: b\r\n\r\r\n\r\n`],
  ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
  ['two equal lengths', `${ok}Content-Length: 1\r\ncontent-length: 1\r\n\r\na`],
  ['a list of lengths', `${ok}Content-Length: 1, 1\r\n\r\na`],
  ['a length with a sign', `${ok}Content-Length: +1\r\n\r\na`],
  ['an empty length', `${ok}Content-Length: \r\n\r\na`],
  ['a length in hex', `${ok}Content-Length: 0x1\r\n\r\na`],
  ['a length past 2^53', `${ok}Content-Length: 9007199254740993\r\n\r\na`],
  ['a length beside chunks', `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['gzip', `${ok}Transfer-Encoding: gzip\r\n\r\n`],
  ['gzip, chunked', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`],
  ['chunked twice', `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ['identity', `${ok}Transfer-Encoding: identity\r\n\r\n`],
  ['no chunk size', `${chunked}\r\n`],
  ['a chunk size that is none', `${chunked}zz\r\n`],
  ['a chunk size with a sign', `${chunked}+5\r\nhello\r\n`],
  ['a chunk size with 0x', `${chunked}0x5\r\nhello\r\n`],
  ['space behind a chunk size', `${chunked}5 \r\nhello\r\n`],
  ['a chunk size past 2^53', `${chunked}20000000000000\r\n`],
  ['a chunk size of 17 digits', `${chunked}00000000000000005\r\nhello\r\n`],
  ['a chunk size line with LF alone', `${chunked}5\nhello\r\n`],
  ['CR in a chunk extension', `${chunked}5;a\rb\r\nhello\r\n`],
  ['an extension of 2 KiB', `${chunked}5;${'a'.repeat(2048)}\r\nhello\r\n`],
  ['20 KiB of extensions', `${chunked}${`1;${'a'.repeat(1000)}\r\nx\r\n`.repeat(20)}`],
  ['a chunk longer than its size', `${chunked}5\r\nhello!\r\n`],
  ['LF behind a chunk', `${chunked}5\r\nhello\n`],
  ['a bad trailer', `${chunked}0\r\nA b\r\n\r\n`],
  ['LF behind the last chunk', `${chunked}0\r\n\n`],
  ['a head of 20 KiB', `${ok}A: ${'a'.repeat(20_000)}\r\n\r\n`, 'SP_UPSTREAM_FIELDS'],
  ['a head without end', `${ok}A: ${'a'.repeat(20_000)}`, 'SP_UPSTREAM_FIELDS'],
  ['trailers of 20 KiB', `${chunked}0\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 'SP_UPSTREAM_FIELDS'],
]

for (const [what, bytes, code = protocol] of refused) {
  test(`${what}: ${code}, whole and byte by byte`, () => {
    assert.deepEqual([parse([bytes]).end, parse([...bytes]).end], [code, code])
  })
}

test('an answer that breaks off has no end, wherever it does', () => {
  for (const bytes of [`${ok}Content-Length: 5\r\n\r\nhello`, `${chunked}5\r\nhello\r\n0\r\nA: b\r\n\r\n`]) {
    for (let length = 0; length < bytes.length; length++) {
      const { notes, end } = parse([bytes.slice(0, length)])
      assert.deepEqual([end, notes.trailers], ['open', undefined], `after ${length} bytes`)
    }
  }
})

test('a field may be called as what every object has', () => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', '__proto__']
  const lines = names.map((name, i) => `${name}: ${i}\r\n`).join('')

  const { notes } = parse([`${ok}${lines}Content-Length: 0\r\n\r\n`])

  const { headers } = notes.heads[0]?.fields ?? { headers: {} }
  assert.equal(headers.constructor as unknown, '0')
  assert.equal((headers as Record<string, unknown>).tostring, '2')
  assert.deepEqual(Object.getOwnPropertyDescriptor(headers, '__proto__')?.value, ['1', '4'])
  assert.equal(Object.getPrototypeOf(headers), Object.prototype)
})

test('paused, it says nothing more until it goes on', () => {
  const parser = new AnswerParser()
  const notes = new Notes()
  const events: AnswerEvents = {
    onHead: (head) => {
      notes.onHead(head)
      parser.paused = true
    },
    onContent: (bytes, from, to) => {
      notes.onContent(bytes, from, to)
      parser.paused = true
    },
    onEnd: (trailers, more) => notes.onEnd(trailers, more),
  }
  parser.expect(events, false)
  const bytes = Buffer.from(`${chunked}1\r\na\r\n1\r\nb\r\n0\r\n\r\n`)
  const seen: string[] = []

  for (let at = 0; notes.trailers === undefined; ) {
    parser.paused = false
    at = parser.execute(bytes, at, bytes.length)
    seen.push(`${notes.heads.length}${notes.content}`)
  }

  assert.deepEqual(seen, ['1', '1a', '1ab', '1ab'])
})

test('the time for a head, chunk lines and trailers that dribble in grows with their length alone', () => {
  const dribble = (bytes: string): number => {
    const pieces = [...bytes].map((char) => Buffer.from(char))
    const parser = new AnswerParser()
    parser.expect(new Notes(), false)
    const began = process.cpuUsage()
    for (const piece of pieces) parser.execute(piece, 0, 1)
    const { user, system } = process.cpuUsage(began)
    return user + system
  }
  const head = `${ok}${'A: b\r\n'.repeat(2600)}`

  const took = dribble(
    `${head}Transfer-Encoding: chunked\r\n\r\n${'1;a=b\r\nx\r\n'.repeat(2000)}0\r\n${'A: b\r\n'.repeat(2600)}\r\n`,
  )

  assert.ok(took < 500_000, `${took} µs for 50 KB`)
})

test('whatever is changed in an answer, it is read or refused, the same in any pieces', () => {
  let seed = 42
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed % below
  }
  const special = ['\r', '\n', '\r\n', '\0', ':', ' ', ';', '0', 'f', '\x80', '\r\n\r\n', 'Content-Length: 3\r\n', '']
  const ends = new Map<string, number>()

  for (let round = 0; round < 20_000; round++) {
    const [, original, , toHead = false] = answers[random(answers.length)] as (typeof answers)[number]
    let bytes = original
    for (let changes = 1 + random(3); changes > 0; changes--) {
      const at = random(bytes.length + 1)
      const put = special[random(special.length)] as string
      bytes = bytes.slice(0, at) + put + bytes.slice(at + random(3))
    }
    const whole = parse([bytes], toHead)
    const cut = random(bytes.length + 1)
    for (const pieces of [[bytes.slice(0, cut), bytes.slice(cut)].filter((piece) => piece !== ''), [...bytes]]) {
      const other = parse(pieces, toHead)
      assert.deepEqual(
        [other.end, other.notes.text, other.notes.more],
        [whole.end, whole.notes.text, whole.notes.more],
        JSON.stringify(bytes),
      )
    }
    ends.set(whole.end, (ends.get(whole.end) ?? 0) + 1)
  }

  // Each way to end has been gone, or this has tested nothing.
  for (const end of ['ended', 'open', protocol]) assert.ok((ends.get(end) ?? 0) > 500, `${end}: ${ends.get(end)}`)
})
