import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../src/balance/member.ts'
import { createOutlier } from '../../src/balance/outlier.ts'
import { type OutlierSettings, readOutlier } from '../../src/balance/outlier-options.ts'
import { seededRandom } from '../support/random.ts'
import { memberWith } from './policy/members.ts'
import { answer, fault } from './watched-pool.ts'

const results = [answer(200, 2), answer(200, 900), answer(500), answer(503), fault('SP_CONNECT_REFUSED')] as const

for (const maxEjected of [10, 50, 100]) {
  test(`whatever happens, no more than ${maxEjected} % are out, or one, and one that is well stays`, () => {
    for (let seed = 1; seed <= 20; seed++) fuzz(seed, maxEjected)
  })
}

/** Thousands of random attempts, waits, pardons, comings and goings. */
function fuzz(seed: number, maxEjected: number): void {
  const random = seededRandom(seed)
  const some = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const gone: Member[] = []
  const members = Array.from({ length: 1 + Math.floor(random() * 12) }, (_, i) => memberWith(`m${i}`))
  let now = 0
  let ejections = 0
  const limit = (): number => Math.max(1, Math.floor((members.length * maxEjected) / 100))
  const out = (): Member[] => members.filter(({ ejected }) => ejected)

  const settings = readOutlier('outlier', { maxEjected, baseEjection: '3s', interval: '1s', ejectionJitter: '1s' })
  const outlier = createOutlier(settings as OutlierSettings, {
    random,
    ejected(member, _, ms) {
      ejections++
      assert.ok(members.includes(member), 'only members are ejected')
      assert.ok(out().length <= limit(), `${out().length} of ${members.length} out`)
      assert.ok(members.some((one) => one.healthy && one.state === 'ready'))
      assert.ok(ms >= 3000 && ms <= 301_000)
    },
    returned(member) {
      assert.equal(member.ejected, false)
      assert.ok(members.includes(member), 'only members come back')
    },
  })

  for (let step = 0; step < 3000; step++) {
    const what = random()
    const member = some(members)
    if (now >= outlier.due) outlier.tick(now, members)
    if (what < 0.6) {
      const result = some(results)
      for (let i = 0; i < 1 + random() * 12; i++) outlier.record(member, result, now)
    } else if (what < 0.8) now += random() * 1500
    else if (what < 0.83) now += random() * 60_000
    else if (what < 0.86) outlier.pardon(member)
    else if (what < 0.89) outlier.record(some([...gone, member]), answer(500), now)
    else if (what < 0.92) member.check = random() < 0.3 ? 'down' : 'up'
    else if (what < 0.94) member.state = random() < 0.3 ? 'drain' : 'ready'
    else if (what < 0.97 && members.length < 20) {
      const one = memberWith(`n${step}`)
      members.push(one)
      if (random() < 0.5) outlier.add(one)
    } else if (members.length > 1) {
      members.splice(members.indexOf(member), 1)
      gone.push(member)
      outlier.forget(member)
      assert.equal(member.ejected, false)
    }
    for (const one of out()) assert.ok(outlier.nextReturn([one]) < Number.POSITIVE_INFINITY)
  }

  now += 400_000
  outlier.tick(now, members)
  assert.deepEqual(out(), [], 'all come back in the end')
  assert.equal(outlier.nextReturn(members), Number.POSITIVE_INFINITY)
  assert.ok(gone.every((one) => !one.ejected && outlier.reason(one) === undefined))
  if (members.length > 2) assert.ok(ejections > 0)
}
