import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OutlierRecord } from '../../src/balance/outlier-record.ts'
import { rateOutliers, successRateThreshold } from '../../src/balance/outlier-sweep.ts'
import { memberWith, nameOf } from './policy/members.ts'

const successRate = { minimumHosts: 5, minimumRequests: 100, deviations: 1.9 }
const failurePercentage = { threshold: 85, minimumHosts: 5, minimumRequests: 50 }

/** One record for each success rate, in percent, of so many requests. */
function records(rates: readonly number[], requests = 100): OutlierRecord[] {
  return rates.map((rate, i) => {
    const record = new OutlierRecord(memberWith(nameOf(i)))
    record.requests = requests
    record.failed = (requests * (100 - rate)) / 100
    return record
  })
}

const bySuccess = (all: OutlierRecord[]): string =>
  rateOutliers(all, { successRate, failurePercentage: undefined })
    .map(({ record }) => record.member.upstream.name)
    .join('')

const byFailures = (all: OutlierRecord[]): string =>
  rateOutliers(all, { successRate: undefined, failurePercentage })
    .map(({ record }) => record.member.upstream.name)
    .join('')

test('success rates of 100, 100, 100, 100 and 50 have a threshold of 52, and the fifth is out', () => {
  const rates = [100, 100, 100, 100, 50]

  assert.equal(successRateThreshold(rates, 1.9), 52)
  assert.equal(bySuccess(records(rates)), 'e')
})

test('who is only a little worse stays', () => {
  assert.equal(bySuccess(records([100, 98, 96, 94, 92])), '')
})

test('when all are the same nobody is out, whatever the last bit says', () => {
  for (const rate of [0, 33.3, 66.7, 99.9, 100])
    assert.equal(bySuccess(records([rate, rate, rate, rate, rate, rate])), '')
})

test('four upstreams are too few to compare their success rates, and so are five of which one had too little to do', () => {
  assert.equal(bySuccess(records([100, 100, 100, 0])), '')
  const all = records([100, 100, 100, 100, 50])
  all[1] = records([100], 99)[0] as OutlierRecord

  assert.equal(bySuccess(all), '')
})

test('who is out already is no measure for the others', () => {
  const all = records([100, 100, 100, 100, 50, 0])
  const last = all[5] as OutlierRecord
  last.member.ejected = true

  assert.equal(bySuccess(all), 'e')
})

test('85 % failures are too many, 84 are not', () => {
  assert.equal(byFailures(records([100, 100, 100, 16, 15])), 'e')
})

test('the share of failures is judged from 50 requests and five upstreams on', () => {
  assert.equal(byFailures(records([100, 100, 100, 100, 0], 49)), '')
  assert.equal(byFailures(records([100, 100, 100, 0])), '')
})

test('the share of failures asks nothing of the others: all may be too bad, the worst first', () => {
  assert.equal(byFailures(records([10, 0, 5, 10, 15])), 'bcade')
})
