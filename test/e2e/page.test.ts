import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTab } from '../support/browser.ts'
import { startChild } from '../support/child.ts'
import { needs } from '../support/programs.ts'

const byId = (id: string): string => `document.getElementById('${id}')`

test('in a browser, the page of the demo comes alive', { skip: needs('chromium'), timeout: 60_000 }, async (t) => {
  const demo = startChild('examples/demo/main.ts', [], { PORT: '0' })
  t.after(() => demo.stop('SIGKILL'))
  const [, url] = await demo.says(/^ {2}sallyport +(http:\S+)/m)
  const tab = await openTab(url as string)
  t.after(() => tab.close())
  const shows = async (id: string, what: RegExp): Promise<void> => {
    const deadline = performance.now() + 20_000
    let text = ''
    while (!what.test(text)) {
      assert.ok(performance.now() < deadline, `#${id} shows ${text}, not ${what}`)
      text = String(await tab.evaluate(`${byId(id)}?.value ?? ${byId(id)}?.textContent`))
    }
  }

  await shows('tick', /^[2-9]$/)
  await shows('echo', /^\d+\.\d ms$/)
  await shows('answered', /^\d+$/)
  await tab.evaluate(`document.querySelector('[data-try^="/nobody"]').click()`)
  await shows('outcome', /^502 [\s\S]*Proxy-Status: .*connection_refused/)

  assert.equal(await tab.evaluate(`${byId('failed')}.value`), '0')
  assert.equal(await tab.evaluate(`document.querySelectorAll('#instances li').length`), 3)
})
