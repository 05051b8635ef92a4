import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../../src/cache/answer.ts'
import { CacheRequest } from '../../src/cache/request.ts'
import { UrlLore } from '../../src/cache/url-lore.ts'
import { fakeClock } from '../support/fake-clock.ts'

function answerTo(url: string, fields: readonly string[] = []): Answer {
  const request = new CacheRequest({ path: '/', method: 'GET', body: null }, fields, true)
  return { url, asked: url, extra: '', request } as unknown as Answer
}

test('nothing is remembered of URLs that are longer than visitors use: their number is bounded, and so is the memory', () => {
  const lore = new UrlLore(fakeClock())
  const url = `http://a.test/${'x'.repeat(8000)}`
  lore.markUnshared(answerTo(url))
  assert.equal(lore.isUnshared(answerTo(url)), false)
  lore.learnVary(url, ['x-a', '1'])
  const [a, b] = [answerTo(url, ['X-A', '1']).request, answerTo(url, ['X-A', '2']).request]
  assert.equal(lore.mayShare(a, b, url), true)
})

test('what was not for sharing with Authorization says nothing of requests without', () => {
  const lore = new UrlLore(fakeClock())
  lore.markUnshared(answerTo('http://a.test/', ['Authorization', 'x']))
  assert.equal(lore.isUnshared(answerTo('http://a.test/', ['Authorization', 'y'])), true)
  assert.equal(lore.isUnshared(answerTo('http://a.test/')), false)
})
