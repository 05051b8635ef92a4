import type { Upstream } from '../contract/pool.ts'
import type { Answer } from './answer.ts'
import type { Cache } from './cache.ts'
import { tellForward, tellHit } from './cache-status.ts'
import type { HitDetail } from './fill-host.ts'
import type { Head } from './head.ts'
import { ageOf } from './reuse.ts'
import type { Entry } from './store.ts'
import { feedChunks, feedStream } from './stored-feed.ts'
import { type View, withAge } from './view.ts'

/** Answers from a stored response. What proves unreadable before the head is out is asked for anew. */
export function giveStored(
  cache: Cache,
  answer: Answer,
  entry: Entry,
  head: Head,
  view: View,
  detail: HitDetail,
  now: number,
): void {
  // What Location is rewritten by.
  if (head.upstream !== undefined) answer.exchange.upstream = head.upstream as Upstream
  if (view.end <= view.first) {
    begin(cache, answer, head, view, detail, now)
    answer.end(null)
    return
  }
  const content = entry.read(view.first, view.end)
  if (isList(content)) {
    answer.isAtHand = true
    begin(cache, answer, head, view, detail, now)
    feedChunks(answer, content)
    return
  }
  feedStream(
    answer,
    content,
    () => begin(cache, answer, head, view, detail, now),
    () => {
      cache.store.remove(entry)
      cache.again(answer, true)
    },
  )
}

function begin(cache: Cache, answer: Answer, head: Head, view: View, detail: HitDetail, now: number): void {
  answer.isHit = true
  if (detail === 'validated') {
    tellForward(answer, cache.name, 'stale', 304, true, undefined)
  } else {
    tellHit(answer, cache.name, Math.floor((head.lifetime - ageOf(head, now)) / 1000), detail)
  }
  answer.head(view.status, view.message, withAge(view.fields, head, now))
}

function isList(content: ReturnType<Entry['read']>): content is readonly Buffer[] {
  return Array.isArray(content)
}
