import assert from 'node:assert/strict'
import test from 'node:test'
import { formatHttpDate, parseHttpDate } from '../../src/http/http-date.ts'

const now = Date.UTC(2026, 10, 24)

const dates: [source: string, text: string, time: number][] = [
  ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
  ['RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
  ['asctime', 'Sun Nov  6 08:49:37 1994', Date.UTC(1994, 10, 6, 8, 49, 37)],
  ['asctime, two digits', 'Wed Nov 16 08:49:37 1994', Date.UTC(1994, 10, 16, 8, 49, 37)],
  ['leap day', 'Thu, 29 Feb 2024 23:59:59 GMT', Date.UTC(2024, 1, 29, 23, 59, 59)],
  ['leap day of a century', 'Tue, 29 Feb 2000 00:00:00 GMT', Date.UTC(2000, 1, 29)],
  ['leap second', 'Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2017, 0, 1)],
  ['year below 100', 'Fri, 01 Jan 0099 00:00:00 GMT', Date.parse('0099-01-01T00:00:00Z')],
  ['year 0', 'Sat, 01 Jan 0000 00:00:00 GMT', Date.parse('0000-01-01T00:00:00Z')],
  ['last year', 'Fri, 31 Dec 9999 23:59:59 GMT', Date.UTC(9999, 11, 31, 23, 59, 59)],
  ['beyond 32 bits', 'Thu, 18 Aug 2050 02:01:18 GMT', Date.UTC(2050, 7, 18, 2, 1, 18)],
  ['RFC 850, ahead', 'Thursday, 18-Aug-50 02:01:18 GMT', Date.UTC(2050, 7, 18, 2, 1, 18)],
  ['RFC 850, 50 years ahead to the second', 'Tuesday, 24-Nov-76 00:00:00 GMT', Date.UTC(2076, 10, 24)],
  ['RFC 850, a second more', 'Wednesday, 24-Nov-76 00:00:01 GMT', Date.UTC(1976, 10, 24, 0, 0, 1)],
  ['RFC 850, the year before', 'Monday, 24-Nov-25 00:00:00 GMT', Date.UTC(2025, 10, 24)],
]

for (const [source, text, time] of dates) {
  test(`reads ${text} (RFC 9110 5.6.7, ${source})`, () => {
    assert.equal(parseHttpDate(text, now), time)
    assert.equal(parseHttpDate(text, now), time, 'and again')
  })
}

const refused = [
  '',
  '0',
  '-1',
  'Sun, 06 Nov 1994 08:49:37 gmt',
  'sun, 06 Nov 1994 08:49:37 GMT',
  'Sun, 06 NOV 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 08:49:37 UTC',
  'Sun, 06 Nov 1994 08:49:37 +00',
  'Sun, 06 Nov 1994 08:49:37GMT ',
  'Sun 06 Nov 1994 08:49:37 GMT',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  'Sun, 06  Nov 1994 8:49:37 GMT',
  'Sun, 06-Nov-1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 08.49.37 GMT',
  'Sun, 06 Nov 1994 24:00:00 GMT',
  'Sun, 06 Nov 1994 08:60:00 GMT',
  'Sun, 06 Nov 1994 08:49:61 GMT',
  'Sun, 00 Nov 1994 08:49:37 GMT',
  'Sun, 31 Nov 1994 08:49:37 GMT',
  'Wed, 29 Feb 2023 08:49:37 GMT',
  'Mon, 29 Feb 2100 08:49:37 GMT',
  'Sun, 06 Nox 1994 08:49:37 GMT',
  'Sun, 06 Nov +994 08:49:37 GMT',
  'Sun, 06 Nov 94 08:49:37 GMT',
  'Sun, 06-Nov-94 08:49:37 GMT',
  'Sunday, 06 Nov 94 08:49:37 GMT',
  'Sunday, 06-Nov-1994 08:49:37 GMT',
  'Sunday, 32-Nov-94 08:49:37 GMT',
  'Sunday, 06-Nox-94 08:49:37 GMT',
  'Sunday, 06-Nov-94 25:49:37 GMT',
  'Someday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov 6 08:49:37 1994',
  'Sun Nov  6 08:49:37 19945',
  'Sun Nov 06 08:49:37 94',
  'Xun Nov  6 08:49:37 1994',
  '1994-11-06T08:49:37Z',
  'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
]

for (const text of refused) {
  test(`does not take ${JSON.stringify(text)} for a date`, () => {
    assert.equal(parseHttpDate(text, now), undefined)
  })
}

test('every date that is written is read as it was', () => {
  for (
    let time = Date.UTC(-1, 0, 1) + 366 * 86_400_000;
    time < Date.UTC(9999, 11, 31);
    time += 86_400_000 * 97 + 61_000
  ) {
    const text = formatHttpDate(time)
    assert.equal(text.length, 29)
    assert.equal(parseHttpDate(text, now), time, text)
  }
})

test('a part of a second is cut off, before 1970 too', () => {
  assert.equal(formatHttpDate(1999), 'Thu, 01 Jan 1970 00:00:01 GMT')
  assert.equal(formatHttpDate(1000), 'Thu, 01 Jan 1970 00:00:01 GMT')
  assert.equal(formatHttpDate(-1), 'Wed, 31 Dec 1969 23:59:59 GMT')
})
