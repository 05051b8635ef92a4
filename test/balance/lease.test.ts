import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LeaseOwner, MemberLease } from '../../src/balance/lease.ts'
import { memberWith } from './policy/members.ts'

function leaseWith(): { lease: MemberLease; told: string[] } {
  const told: string[] = []
  const owner: LeaseOwner = {
    leaseAnswered: ({ status }) => told.push(`answered ${status}`),
    leaseOver: ({ status }, error) => told.push(`over ${status} ${error ?? 'well'}`),
  }
  return { lease: new MemberLease(owner, memberWith('a'), 5, 0), told }
}

test('the owner is told of the first answer and of the first end, and of nothing after it', () => {
  const { lease, told } = leaseWith()

  lease.answered(200)
  lease.answered(500)
  lease.release('SP_UPSTREAM_INCOMPLETE')
  lease.release()
  lease.answered(200)

  assert.deepEqual(told, ['answered 200', 'over 200 SP_UPSTREAM_INCOMPLETE'])
})

test('one that was never answered ends with status 0', () => {
  const { lease, told } = leaseWith()

  lease.release()
  lease.answered(200)

  assert.deepEqual(told, ['over 0 well'])
  assert.equal(lease.upstream.name, 'a')
})

test('the time for which content came is taken off, and one whose content is still to come was not waited for', () => {
  const { lease } = leaseWith()

  assert.equal(lease.waited(8), 3)
  lease.upload(10, false)
  lease.upload(60, false)
  assert.equal(lease.waited(70), -1)
  lease.upload(100, true)

  assert.equal(lease.waited(107), 12)
})
