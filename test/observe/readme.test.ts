import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { readObserveOptions } from '../../plugins/observe/options.ts'
import { factTable } from '../../src/contract/facts.ts'
import { startChild } from '../support/child.ts'
import { root } from '../support/imports.ts'
import { startOrigin } from '../support/origin.ts'

const readme = readFileSync(join(root, 'plugins/observe/README.md'), 'utf8')

test('the example of the README proxies, and logs what it did', async (t) => {
  const origin = await startOrigin()
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-readme-'))
  const example = (readme.split('```ts\n')[1] as string)
    .replace(/```[\s\S]*$/, '')
    .replace(/'sallyport\/([\w-]+)'/g, (_, name) => `'${pathToFileURL(join(root, `plugins/${name}/index.ts`)).href}'`)
    .replace("'fastify'", `'${import.meta.resolve('fastify')}'`)
    .replace('http://127.0.0.1:3000', origin.url)
    .replace(
      'await app.listen({ port: 8080 })',
      "process.stderr.write(await app.listen({ port: 0, host: '127.0.0.1' }))",
    )
  const script = join(folder, 'example.ts')
  writeFileSync(script, `${example}process.stderr.write('\\n')\n`)
  const child = startChild(script)
  t.after(async () => {
    await child.stop('SIGKILL')
    await origin.close()
    rmSync(folder, { recursive: true })
  })

  const [url] = await child.says(/http:\/\/127\.0\.0\.1:\d+/)
  await (await fetch(`${url}/a`)).text()

  await child.says(/"GET \/a HTTP\/1\.1" 200/)
})

test('the README names every fact and every option', () => {
  for (const fact of Object.keys(factTable)) assert.ok(readme.includes(`\`${fact}\``), fact)
  assert.throws(
    () => readObserveOptions({ zzzzzzzzzz: 1 } as never),
    ({ message }: Error) => {
      const names = /The options are: (.*)$/.exec(message)?.[1]?.split(', ') as string[]
      return names.length > 3 && names.every((name) => new RegExp(`^\\| \`${name}\` +\\|`, 'm').test(readme))
    },
  )
})
