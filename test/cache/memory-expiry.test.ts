import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Expiring, Expiry } from '../../src/cache/memory/expiry.ts'

class Link implements Expiring {
  readonly keepUntil: number
  sooner: Expiring = this
  later: Expiring = this

  constructor(keepUntil: number) {
    this.keepUntil = keepUntil
  }
}

const start = 1_800_000_000_123
const units = [1, 900, 5000, 70_000, 3_000_000, 20_000_000, 400_000_000, 30_000_000_000, Number.POSITIVE_INFINITY]

test('what is past its time is given within two seconds of the coarsest step it had, and nothing before its time', () => {
  const expiry = new Expiry<Link>(start)
  const links = units
    .slice(0, -1)
    .flatMap((unit) => [0.5, 1, 1.7].map((part) => new Link(start + Math.round(unit * part))))
  for (const link of links) expiry.add(link, start)
  expiry.add(new Link(Number.POSITIVE_INFINITY), start)
  const waiting = new Set(links)

  for (let now = start; waiting.size > 0; now += Math.max(500, (now - start) / 50)) {
    for (let link = expiry.take(now); link !== undefined; link = expiry.take(now)) {
      assert.ok(link.keepUntil < now)
      assert.ok(waiting.delete(link), 'given once')
    }
    const late = [...waiting].filter(({ keepUntil }) => keepUntil < now - 2000 && keepUntil - start < 60_000)
    assert.deepEqual(late, [])
    if (now > start + 1e12) assert.fail(`${waiting.size} never came`)
  }
})

test('what was removed is not given', () => {
  const expiry = new Expiry<Link>(start)
  const [a, b] = [new Link(start + 100), new Link(start + 100)]
  expiry.add(a, start)
  expiry.add(b, start)

  expiry.remove(a)

  assert.equal(expiry.take(start + 5000), b)
  assert.equal(expiry.take(start + 5000), undefined)
})

test('many that come due at once are given one by one', () => {
  const expiry = new Expiry<Link>(start)
  for (let i = 0; i < 10_000; i++) expiry.add(new Link(start + 1_000_000 + i), start)
  const now = start + 2_000_000

  let count = 0
  for (let calls = 0; calls < 20_000; calls++) if (expiry.take(now) !== undefined) count++

  assert.equal(count, 10_000)
})
