import type { Chance } from './chance.ts'

const forbidding = [
  'private',
  'PRIVATE',
  'private="set-cookie"',
  'private=" authorization"',
  'private=""',
  'private="',
  'private ',
  'no-store',
  'No-Store',
  'no-store=1',
  'no-store;',
  '"private"',
  'private=',
]
const binding = [
  'no-cache',
  'no-cache="\tset-cookie"',
  'No-Cache',
  'no-cache=""',
  'must-revalidate',
  'proxy-revalidate',
]
const permitting = [
  'public',
  'PUBLIC',
  's-maxage=60',
  's-maxage="60"',
  'must-revalidate',
  'stale-while-revalidate=30',
  'stale-if-error=100',
]
const nearlyPermitting = ['publicity', 'x="public"', 'x="a, public"', 'public-x', 'xs-maxage=60', 'not-must-revalidate']
const targeted = [
  'max-age=60',
  'max-age=60, private',
  'private',
  'no-store',
  'public, max-age=60',
  '',
  'MAX-AGE=60',
  'max-age="',
]
const varied = [
  'Cookie',
  'Authorization',
  'Accept-Encoding',
  'Accept-Language',
  'X-Tenant',
  'User-Agent',
  'accept-encoding',
]
const oddVary = ['*', 'Cookie, *', '@', 'Co okie', '"Cookie"', ',', 'Cookie;q=1']

/** Cache-Control and Set-Cookie of an answer: at times plain, at times what no grammar has. */
export function drawStorage(chance: Chance, mark: string): string[] {
  const fields: string[] = []
  const directives: string[] = []
  if (chance.happens(0.8)) directives.push(`max-age=${chance.pick([0, 5, 60, 600])}`)
  if (chance.happens(0.25)) directives.push(chance.pick(permitting))
  if (chance.happens(0.1)) directives.push(chance.pick(nearlyPermitting))
  if (chance.happens(0.15)) directives.push(chance.pick(forbidding))
  if (chance.happens(0.1)) directives.push(chance.pick(binding))
  if (chance.happens(0.5)) directives.reverse()
  if (chance.happens(0.2)) for (const one of directives) fields.push('Cache-Control', one)
  else if (directives.length > 0) fields.push('cache-control', directives.join(chance.pick([', ', ',', ' ,\t', ',,'])))
  if (chance.happens(0.05)) fields.push('CDN-Cache-Control', chance.pick(targeted))
  if (chance.happens(0.1)) fields.push('Set-Cookie', `session=${mark}; Path=/`)
  return fields
}

/** Vary of an answer, in one line or several. */
export function drawVary(chance: Chance): string[] {
  if (chance.happens(0.5)) return []
  const names = [chance.pick(varied)]
  while (chance.happens(0.3)) names.push(chance.pick(varied))
  if (chance.happens(0.1)) names.push(chance.pick(oddVary))
  if (chance.happens(0.3)) return names.flatMap((name) => ['Vary', name])
  return ['vary', names.join(chance.pick([', ', ',']))]
}
