import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { chunkBytes, keptPurges, lingering, tagLimit } from './keys.ts'

/** A script that Redis runs in one piece. */
export interface Script {
  readonly text: string
  readonly digest: string
}

/** Runs a script by its digest; sends the text where Redis does not have it. */
export async function run(
  client: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(script.digest, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return client.eval(script.text, keys.length, ...keys, ...args)
  }
}

const script = (...parts: readonly string[]): Script => {
  const text = parts.join('\n')
  return { text, digest: createHash('sha1').update(text).digest('hex') }
}

/**
 * Content that is given up lives on for those who read it. The index of URLs has a member for each entry: URL, field and
 * weight; the sum of the weights stands beside it. KEYS of all scripts below: heads of the URL, index, sum, ...
 */
const entries = `
local function chunks(value)
  local id, size = string.match(value, '^1 (%S+) (%d+) ')
  return id, id and math.ceil(tonumber(size) / ${chunkBytes}) - 1, id and tonumber(size)
end
local function member(url, field, value)
  local _, _, size = chunks(value)
  local weight = (size or 0) + #value
  return url .. '\\0' .. field .. ' ' .. weight, weight
end
local function drop(url, field, value, content)
  redis.call('HDEL', KEYS[1], field)
  local one, weight = member(url, field, value)
  if redis.call('ZREM', KEYS[2], one) == 1 then redis.call('DECRBY', KEYS[3], weight) end
  local id, last = chunks(value)
  if not id then return end
  for n = 0, last do
    local key = content .. id .. ':' .. n
    if redis.call('PTTL', key) > ${lingering} then redis.call('PEXPIRE', key, ${lingering}) end
  end
end
local function totals(first, second)
  return {first, second, redis.call('ZCARD', KEYS[2]), tonumber(redis.call('GET', KEYS[3]) or '0')}
end`

/**
 * Puts an entry in its place, into the index and into the sets of its tags, which begin at ARGV \`first\`. With one entry in
 * eight, told by its random id, some members of each are looked at and removed when their entries are gone: two or three for each
 * that comes, so that no more than half of an index is dead.
 */
const place = `
local function lengthen(key, ttl)
  if redis.call('PTTL', key) < ttl then redis.call('PEXPIRE', key, ttl) end
end
local function prolong(value, content, ttl)
  local id, last = chunks(value)
  for n = 0, last do
    if redis.call('PEXPIRE', content .. id .. ':' .. n, ttl + ${lingering}) == 0 then return false end
  end
  return true
end
local function place(url, field, value, ttl, heads, tags, first)
  local tidies = string.byte(value, 3) % 8 == 0
  for _, one in ipairs(tidies and redis.call('ZRANDMEMBER', KEYS[2], 24) or {}) do
    local at, its, weight = string.match(one, '^(.*)%z(%S+) (%d+)$')
    if redis.call('HEXISTS', heads .. at, its) == 0 and redis.call('ZREM', KEYS[2], one) == 1 then
      redis.call('DECRBY', KEYS[3], weight)
    end
  end
  redis.call('HSET', KEYS[1], field, value)
  lengthen(KEYS[1], ttl)
  local one, weight = member(url, field, value)
  if redis.call('ZADD', KEYS[2], 0, one) == 1 then redis.call('INCRBY', KEYS[3], weight) end
  lengthen(KEYS[2], ttl)
  lengthen(KEYS[3], ttl)
  for i = first, #ARGV do
    local key = tags .. ARGV[i]
    for _, some in ipairs(tidies and redis.call('SRANDMEMBER', key, 16) or {}) do
      if some ~= '' and redis.call('EXISTS', heads .. some) == 0 then redis.call('SREM', key, some) end
    end
    redis.call('SADD', key, redis.call('SCARD', key) < ${tagLimit} and url or '')
    lengthen(key, ttl)
  end
end`

/**
 * Makes an entry visible. KEYS: and number, stream. ARGV: field, record, ttl, url, number of the latest purge that its maker
 * knows, most variants, keys before heads, content and tags, then tags. Gives `0` when done. When there were purges since, gives
 * `1`, the latest number and their messages; `2` when content is gone already.
 */
export const commit = script(
  entries,
  place,
  `local number = tonumber(redis.call('GET', KEYS[4]) or '0')
local missed = number - tonumber(ARGV[5])
if missed < 0 or missed > ${keptPurges} then return {1, number, {}} end
if missed > 0 then return {1, number, redis.call('XREVRANGE', KEYS[5], '+', '-', 'COUNT', missed)} end
if not prolong(ARGV[2], ARGV[8], tonumber(ARGV[3])) then return {2, 0} end
local old = redis.call('HGET', KEYS[1], ARGV[1])
if old then drop(ARGV[4], ARGV[1], old, ARGV[8]) end
place(ARGV[4], ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[7], ARGV[9], 10)
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[6]) then
  local all = redis.call('HGETALL', KEYS[1])
  local oldest, at
  for i = 1, #all, 2 do
    local time = tonumber(string.match(all[i + 1], '^1 %S+ %d+ (%d+)') or '0')
    if all[i] ~= ARGV[1] and (not at or time < at) then oldest, at = i, time end
  end
  drop(ARGV[4], all[oldest], all[oldest + 1], ARGV[8])
end
return totals(0, 1)`,
)

/**
 * Gives an entry another head. ARGV: field, id, record, ttl, url, keys before heads, content and tags, then tags. Content that
 * has gone takes its entry with it. Gives `0`, how many.
 */
export const replace = script(
  entries,
  place,
  `local old = redis.call('HGET', KEYS[1], ARGV[1])
if not old or chunks(old) ~= ARGV[2] then return totals(0, 0) end
if not prolong(old, ARGV[7], tonumber(ARGV[4])) then
  drop(ARGV[5], ARGV[1], old, ARGV[7])
  return totals(0, 0)
end
local one, weight = member(ARGV[5], ARGV[1], old)
if redis.call('ZREM', KEYS[2], one) == 1 then redis.call('DECRBY', KEYS[3], weight) end
place(ARGV[5], ARGV[1], ARGV[3], tonumber(ARGV[4]), ARGV[6], ARGV[8], 9)
return totals(0, 1)`,
)

/** Removes an entry. ARGV: field, id, url, key before content. Gives `0`, how many. */
export const remove = script(
  entries,
  `local old = redis.call('HGET', KEYS[1], ARGV[1])
if not old or chunks(old) ~= ARGV[2] then return totals(0, 0) end
drop(ARGV[3], ARGV[1], old, ARGV[4])
return totals(0, 1)`,
)

const tell = `
local function tell(number, stream, from, message)
  local next = redis.call('INCR', number)
  redis.call('XADD', stream, 'MAXLEN', '~', ${keptPurges}, '*', 'n', next, 'f', from, 'm', message)
  return next
end`

/**
 * Removes every variant of a URL. KEYS: and number, stream. ARGV: url, key before content; and who and a message, when others are
 * to be told. Gives `0`, how many.
 */
export const removeAll = script(
  entries,
  tell,
  `if ARGV[3] then tell(KEYS[4], KEYS[5], ARGV[3], ARGV[4]) end
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do drop(ARGV[1], all[i], all[i + 1], ARGV[2]) end
return totals(0, #all / 2)`,
)

/** Numbers a purge and tells it. KEYS: number, stream. ARGV: who, message. */
export const announce = script(tell, 'return tell(KEYS[1], KEYS[2], ARGV[1], ARGV[2])')

/** Where the purges are. KEYS: number, stream. ARGV: id of the latest that is known, or ''. Gives number, latest id, later ones. */
export const catchUp = script(
  `local number = tonumber(redis.call('GET', KEYS[1]) or '0')
if ARGV[1] ~= '' then return {number, '', redis.call('XRANGE', KEYS[2], '(' .. ARGV[1], '+', 'COUNT', ${2 * keptPurges})} end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
return {number, last[1] and last[1][1] or '0-0', {}}`,
)
