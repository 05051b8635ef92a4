import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { errorTable } from '../../src/contract/errors.ts'
import { guardSlots } from '../../src/contract/guard.ts'
import { layerSlots } from '../../src/contract/layer.ts'
import { startOrigin, startProxy } from '../support/app.ts'
import { root } from '../support/imports.ts'

const readme = readFileSync(join(root, 'plugins/kernel/README.md'), 'utf8')

test('the README names every slot in its order, every member of app.proxy, and no code that does not exist', async (t) => {
  const { app } = await startProxy(t)

  assert.ok(readme.includes(guardSlots.map((slot) => `\`${slot}\``).join(', ')))
  assert.ok(readme.includes(layerSlots.map((slot) => `\`${slot}\``).join(', ')))
  for (const name of [
    'guard',
    'layer',
    'onSettle',
    'pools',
    'dispatch',
    'dispatcher',
    'admit',
    'settle',
    'handler',
    'routeKeys',
  ]) {
    assert.ok(name in app.proxy, name)
    assert.match(readme, new RegExp(`\`${name}\\b`))
  }
  for (const [code] of readme.matchAll(/\bSP_[A-Z_]+/g)) assert.ok(code in errorTable, code)
})

test('the guard of the README refuses, whatever the spelling of the path', async (t) => {
  const origin = await startOrigin(t)
  const source = /app\.proxy\.guard\('filter', ([\s\S]*?\n)\}\)\n/.exec(readme)?.[1]
  const guard = new Function(`return ${source}}`)()
  const proxy = await startProxy(t, {
    reverse: { upstream: origin.url },
    setup: (app) => app.proxy.guard('filter', guard),
  })

  const statuses = []
  for (const path of ['/internal', '/%69nternal/x', '/public']) statuses.push((await fetch(proxy.url + path)).status)

  assert.deepEqual(statuses, [403, 403, 200])
})
