import type { Chance } from './chance.ts'
import type { Asked } from './model.ts'
import { encodings, languages } from './negotiation.ts'

const clients = ['alice', 'bob'] as const
const hosts = ['a.test', 'b.test'] as const
const requestControls = [
  'no-store',
  'no-cache',
  'max-age=0',
  'max-stale',
  'max-stale=50',
  'min-fresh=5',
  'only-if-cached',
]
const ranges = ['bytes=0-17', 'bytes=9-44', 'bytes=36-', 'bytes=-36']

/** A request by one of two clients, each with credentials, cookies and ways of its own. `tags`: entity tags that there are. */
export function drawRequest(chance: Chance, turn: number, tags: readonly string[]): Asked {
  const client = chance.pick(clients)
  const fields: string[] = []
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) fields.push(chance.happens(0.1) ? name.toLowerCase() : name, value)
  }
  const hasBody = chance.happens(0.03)
  const method = chance.happens(0.9) ? 'GET' : chance.pick(['HEAD', 'HEAD', 'HEAD', 'POST', 'DELETE'])
  add('Host', 'up.test')
  if (chance.happens(0.3)) add('Authorization', `Basic ${client}`)
  if (chance.happens(0.4)) add('Cookie', chance.pick([`session=${client}`, `session=${client}`, 'theme=dark']))
  add('Accept-Encoding', chance.pick(chance.pick(encodings)))
  add('Accept-Language', chance.pick(chance.pick(languages)))
  if (chance.happens(0.5)) add('X-Tenant', chance.pick([client, 'common', '']))
  if (chance.happens(0.5)) add('User-Agent', chance.pick([`${client}'s own`, 'everybody']))
  if (chance.happens(0.1)) add('Cache-Control', chance.pick(requestControls))
  if (chance.happens(0.05)) add('If-None-Match', chance.pick(['*', '"unknown"', ...tags, tags.join(', ')]))
  if (chance.happens(0.05)) add('Range', chance.pick(ranges))
  if (chance.happens(0.02)) add('X-Forwarded-Host', `${client}.evil`)
  if (chance.happens(0.02)) add(chance.pick(['X-Original-URL', 'X-Rewrite-URL']), `/${client}`)
  if (chance.happens(0.01)) add('X-HTTP-Method-Override', 'DELETE')
  const path = `/${chance.below(30)}${chance.pick(['', '', '', '?q=1'])}`
  return { client, method, host: chance.pick(hosts), path, fields, hasBody, turn }
}
