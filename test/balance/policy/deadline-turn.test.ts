import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Member } from '../../../src/balance/member.ts'
import { DeadlineTurn } from '../../../src/balance/policy/deadline-turn.ts'
import { seededRandom } from '../../support/random.ts'
import { equals, memberWith, weighted } from './members.ts'

const idle = { now: 0, tried: [], hash: 0 }

function entered(members: readonly Member[], random: () => number = () => 0): DeadlineTurn {
  const turn = new DeadlineTurn({ random, slowStart: undefined, boundedLoad: undefined })
  enter(turn, members)
  return turn
}

function enter(turn: DeadlineTurn, members: readonly Member[]): void {
  turn.enter(
    members,
    members.reduce((sum, { weight }) => sum + weight, 0),
  )
}

function sequence(turn: DeadlineTurn, picks: number): string {
  return Array.from({ length: picks }, () => turn.pick(idle)?.id ?? '-').join('')
}

test('weights 5, 1, 1 give what Envoy gives: a row of one, then the others', () => {
  assert.equal(sequence(entered(weighted([5, 1, 1])), 14), 'aaaabcaaaaaabc')
})

test('equal deadlines go by age', () => {
  assert.equal(sequence(entered(equals(5)), 15), 'abcdeabcdeabcde')
})

test('those that leave and enter again go on where they were', () => {
  const members = equals(5)
  const turn = entered(members)
  const before = sequence(turn, 3)

  turn.leave()
  enter(turn, members)

  assert.equal(before + sequence(turn, 7), 'abcdeabcde')
})

test('one that comes gets neither a row of turns nor none in its first round', () => {
  for (const chance of [0, 0.3, 0.999]) {
    const members = equals(4)
    const turn = entered(members, () => chance)
    for (let i = 0; i < 1000; i++) turn.pick(idle)
    const late = memberWith('x')

    turn.leave()
    enter(turn, [...members, late])
    const [first, second] = [sequence(turn, 5), sequence(turn, 5)].map((round) => round.split('x').length - 1)

    assert.ok((first as number) + (second as number) >= 1 && (first as number) + (second as number) <= 3)
  }
})

test('one that is full loses the turns of that time, and has its next one when it would have had it', () => {
  const members = Array.from({ length: 3 }, (_, i) => memberWith('abc'.charAt(i), { maxRequests: 1 }))
  const b = members[1] as Member
  const turn = entered(members)
  b.active = 1

  assert.equal(sequence(turn, 6), 'acacac')
  b.active = 0
  assert.equal(sequence(turn, 6), 'abcabc')
})

test('where nearly all are full, those with room share the traffic', () => {
  const members = Array.from({ length: 1000 }, (_, i) => memberWith(`m${i}`, { maxRequests: 1 }))
  for (const [i, member] of members.entries()) member.active = i % 100 === 0 ? 0 : 1
  const turn = entered(members, seededRandom(1))
  const counts = new Map<Member | undefined, number>()

  for (let i = 0; i < 1000; i++) {
    const member = turn.pick(idle)
    counts.set(member, (counts.get(member) ?? 0) + 1)
  }

  assert.equal(counts.has(undefined), false)
  assert.equal(counts.size, 10)
  for (const count of counts.values()) assert.ok(count > 50 && count < 200, `${count} of 1000`)
})
