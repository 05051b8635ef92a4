/**
 * Milliseconds since the epoch of an HTTP-date, RFC 9110 5.6.7: IMF-fixdate, RFC 850 or asctime; case counts. Undefined for
 * anything else, and for what no calendar has. The name of the day need not fit the date.
 * @param now milliseconds since the epoch, for years of two digits
 */
export function parseHttpDate(value: string, now: number): number | undefined {
  if (value === lastText) return lastTime
  const time = value.length === 29 && value.charCodeAt(3) === comma ? imfFixdate(value) : obsolete(value, now)
  // Years of two digits depend on `now`: not kept.
  if (value.length === 29) {
    lastText = value
    lastTime = time
  }
  return time
}

/** IMF-fixdate of a time from year 0 to 9999; parts of a second are cut off. RFC 9110 5.6.7. */
export function formatHttpDate(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== lastSecond) {
    lastDate = new Date(second * 1000).toUTCString()
    lastSecond = second
  }
  return lastDate
}

let lastText = ''
let lastTime: number | undefined
let lastSecond = Number.NaN
let lastDate = ''

const comma = 0x2c
const dash = 0x2d
const space = 0x20
const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const longDays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Sun, 06 Nov 1994 08:49:37 GMT` */
function imfFixdate(text: string): number | undefined {
  if (!days.includes(text.slice(0, 3)) || !text.endsWith(' GMT')) return undefined
  if (!hasAt(text, 4, space) || !hasAt(text, 7, space) || !hasAt(text, 11, space) || !hasAt(text, 16, space)) {
    return undefined
  }
  return toTime(number(text, 12, 4), months.indexOf(text.slice(8, 11)), number(text, 5, 2), timeOfDay(text, 17))
}

function obsolete(text: string, now: number): number | undefined {
  return text.length === 24 && hasAt(text, 3, space) ? asctime(text) : rfc850(text, now)
}

/** `Sun Nov  6 08:49:37 1994` */
function asctime(text: string): number | undefined {
  if (!days.includes(text.slice(0, 3))) return undefined
  if (!hasAt(text, 7, space) || !hasAt(text, 10, space) || !hasAt(text, 19, space)) return undefined
  const day = hasAt(text, 8, space) ? number(text, 9, 1) : number(text, 8, 2)
  return toTime(number(text, 20, 4), months.indexOf(text.slice(4, 7)), day, timeOfDay(text, 11))
}

/** `Sunday, 06-Nov-94 08:49:37 GMT` */
function rfc850(text: string, now: number): number | undefined {
  const end = text.indexOf(',')
  if (end === -1 || text.length !== end + 24 || !longDays.includes(text.slice(0, end))) return undefined
  if (!text.endsWith(' GMT') || !hasAt(text, end + 1, space) || !hasAt(text, end + 11, space)) return undefined
  if (!hasAt(text, end + 4, dash) || !hasAt(text, end + 8, dash)) return undefined
  const short = number(text, end + 9, 2)
  if (short === -1) return undefined
  const month = months.indexOf(text.slice(end + 5, end + 8))
  const day = number(text, end + 2, 2)
  const time = timeOfDay(text, end + 12)
  // RFC 9110 5.6.7: what seems to be more than 50 years ahead is the latest such year of the past.
  const today = new Date(now)
  const limit = new Date(now).setUTCFullYear(today.getUTCFullYear() + 50)
  let year = today.getUTCFullYear() - (today.getUTCFullYear() % 100) + short + 100
  while (Date.UTC(year, month, day) + time > limit) year -= 100
  return toTime(year, month, day, time)
}

/** Milliseconds since midnight of `08:49:37`; -1 when it is none. 60 is a leap second. */
function timeOfDay(text: string, at: number): number {
  const hour = number(text, at, 2)
  const minute = number(text, at + 3, 2)
  const second = number(text, at + 6, 2)
  if (hour === -1 || minute === -1 || second === -1 || hour > 23 || minute > 59 || second > 60) return -1
  if (!hasAt(text, at + 2, 0x3a) || !hasAt(text, at + 5, 0x3a)) return -1
  return ((hour * 60 + minute) * 60 + second) * 1000
}

function toTime(year: number, month: number, day: number, time: number): number | undefined {
  if (year === -1 || month === -1 || day < 1 || time === -1 || day > daysIn(year, month)) return undefined
  // Date.UTC takes years below 100 for those of the 20th century. 400 years are 146,097 days.
  return Date.UTC(year + 400, month, day) - 146_097 * 86_400_000 + time
}

function daysIn(year: number, month: number): number {
  if (month === 1) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 3 || month === 5 || month === 8 || month === 10 ? 30 : 31
}

/** The digits from `at` on; -1 when one of them is none. */
function number(text: string, at: number, length: number): number {
  let value = 0
  for (let i = at; i < at + length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return value
}

function hasAt(text: string, at: number, code: number): boolean {
  return text.charCodeAt(at) === code
}
