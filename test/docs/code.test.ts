import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { startChild } from '../support/child.ts'
import { root } from '../support/imports.ts'
import { startOrigin, type TestOrigin } from '../support/origin.ts'
import { type CodeBlock, codeBlocks, pages } from './markdown.ts'

const blocks = pages()
  .flatMap(codeBlocks)
  .filter(({ language }) => language === 'ts')

/** `README.md:12` becomes `readme-md-12.ts`. */
const fileOf = ({ at }: CodeBlock): string => `${at.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.ts`

/** The package by its name becomes the sources, so that what a reader would type is what is tested. */
function fromSource(code: string): string {
  return code.replace(/(['"])sallyport(?:\/([\w-]+))?\1/g, (_, quote: string, plugin = 'suite') => {
    return `${quote}${join(root, 'plugins', plugin, 'index.ts')}${quote}`
  })
}

/** What a snippet may speak of without making it. */
const ambient = `import type { FastifyInstance } from 'fastify'
declare global {
  const app: FastifyInstance
}
`

/** Stands before a snippet that registers something on an `app` which it does not make. */
const prelude = `import Fastify from 'fastify'
import { serverOptions } from 'sallyport/kernel'
const app = Fastify(serverOptions())
`

const loopback = /http:\/\/127\.0\.0\.1:\d+/g

describe('every ts block of the pages is good code', { skip: blocks.length === 0 && 'there are none yet' }, () => {
  let folder: string
  /** One for each origin that a snippet names, by its URL there. */
  const origins = new Map<string, TestOrigin>()
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-docs-'))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await writeFile(join(folder, 'ambient.d.ts'), ambient)
    for (const block of blocks.filter(({ skip }) => skip === undefined)) {
      await writeFile(join(folder, fileOf(block)), `${fromSource(block.code)}\nexport {}\n`)
    }
    for (const [url] of blocks.flatMap(({ code }) => [...code.matchAll(loopback)])) {
      if (!origins.has(url)) origins.set(url, await startOrigin())
    }
  })
  after(async () => {
    await Promise.all([...origins.values()].map((origin) => origin.close()))
    await rm(folder, { recursive: true })
  })

  test('the compiler accepts all of them', async () => {
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noUnusedLocals: false,
        rewriteRelativeImportExtensions: false,
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: ['*.ts'],
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))

    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const result = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(
      (error: { stdout: string }) => error,
    )

    // What is wrong in the sources themselves is for `npm run typecheck` to say.
    const ours = result.stdout.split('\n').filter((line) => line.includes('sallyport-docs-'))
    assert.deepEqual(ours, [])
  })

  const registers = ({ code, skip }: CodeBlock): boolean =>
    skip === undefined && code.includes('app.register(') && !code.includes('app.listen(')
  for (const block of blocks.filter(registers)) {
    test(`what ${block.at} registers is taken, and can be closed`, async () => {
      const whole = block.code.includes('const app =') ? block.code : prelude + block.code
      const file = join(folder, `run-${fileOf(block)}`)
      await writeFile(file, fromSource(`${whole}\nawait app.close()\nconsole.log('closed')\n`))

      const child = startChild(file)
      try {
        await child.says(/^closed$/m)
        assert.equal(await child.ends(), 0)
      } finally {
        await child.stop('SIGKILL')
      }
    })
  }

  for (const block of blocks.filter(({ code, skip }) => skip === undefined && code.includes('app.listen('))) {
    test(`the server of ${block.at} starts and proxies`, async () => {
      const running = block.code
        .replace(loopback, (url) => origins.get(url)?.url ?? url)
        .replace(/await app\.listen\(\{[^}]*\}\)/, "console.log(await app.listen({ host: '127.0.0.1', port: 0 }))")
      const file = join(folder, `run-${fileOf(block)}`)
      await writeFile(file, fromSource(running))
      const prefix = /prefix: '([^']+)'/.exec(block.code)?.[1] ?? ''

      const child = startChild(file)
      try {
        const [, url] = await child.says(/^(http:\/\/\S+)$/m)
        const response = await fetch(`${url}${prefix}/some/path?q=1`)
        const seen = (await response.json()) as { url: string }

        assert.equal(response.status, 200)
        assert.match(seen.url, /\/some\/path\?q=1$/)
      } finally {
        await child.stop('SIGKILL')
      }
    })
  }
})
