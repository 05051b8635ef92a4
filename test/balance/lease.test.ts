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
