import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OptionError } from '../../src/contract/options.ts'
import { stage } from './bed.ts'

const wrong: readonly (readonly [target: unknown, options: unknown, option: string])[] = [
  [undefined, {}, 'target'],
  [null, {}, 'target'],
  [{}, {}, 'target'],
  [{ all: false }, {}, 'target'],
  [{ tag: '' }, {}, 'target'],
  [{ url: 'http://a.test/', tag: 'b' }, {}, 'target'],
  [{ url: '/page' }, {}, 'target.url'],
  [{ prefix: '' }, {}, 'target.prefix'],
  [{ all: true }, { soft: 'yes' }, 'options.soft'],
  [{ all: true }, { sotf: true }, 'options.sotf'],
]

test('a purge that names nothing, or in a way that is none, is refused by a promise, and purges nothing', async (t) => {
  const { get, app } = await stage(t, (_, response) => {
    response.setHeader('Cache-Control', 'max-age=60')
    response.end('page')
  })
  await get('/page')

  for (const [target, options, option] of wrong) {
    const refused = app.httpCache.purge(target as never, options as never)
    await assert.rejects(refused, (error) => error instanceof OptionError && error.option === option)
  }
  assert.match((await get('/page')).cache, /^gate; hit/)
})
