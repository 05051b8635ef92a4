import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type Child, startChild } from '../support/child.ts'
import { root } from '../support/imports.ts'
import { startOrigin, type TestOrigin } from '../support/origin.ts'
import { codeBlocks, pages } from './markdown.ts'

interface Command {
  readonly line: string
  readonly at: string
}

const commands: Command[] = pages()
  .flatMap(codeBlocks)
  .filter(({ language, skip }) => language === 'sh' && skip === undefined)
  .flatMap(({ code, at }) =>
    code
      .replace(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.replace(/(^|\s)#.*/, '').trim())
      .filter((line) => line !== '')
      .flatMap((line) => line.split(' && '))
      .map((line) => ({ line, at })),
  )

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

/** `npx sallyport ...`, or the same from the checkout; undefined for another command. */
const ownArguments = (line: string): string[] | undefined => {
  const rest = /^(?:npx sallyport|npm run -s sallyport --)\s*(.*)$/.exec(line)?.[1]
  return rest === undefined ? undefined : wordsOf(rest)
}

const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? (word as string))

/** Commands that speak to a cache that runs at port 8080: one of those that `sallyport cache` has, or curl. */
const isForCache = (line: string): boolean => ownArguments(line)?.[0] === 'cache' || line.startsWith('curl ')

describe('every command of the pages works', () => {
  /** One for each server that a command names, by its URL there. */
  const origins = new Map<string, TestOrigin>()
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sp-docs-'))
    for (const [url] of commands.flatMap(({ line }) => [...line.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)])) {
      if (!origins.has(url)) origins.set(url, await startOrigin())
    }
  })
  after(async () => {
    await Promise.all([...origins.values()].map((origin) => origin.close()))
    await rm(folder, { recursive: true, force: true })
  })

  test('each is of a kind that is tested here', () => {
    const unknown = commands.filter(({ line }) => {
      const [, script] = /^npm (?:run (?:-s )?)?([\w:]+)/.exec(line) ?? []
      if (ownArguments(line) !== undefined || line.startsWith('curl ')) return false
      if (script === 'ci' || script === 'install') return false
      return script === undefined || scripts[script] === undefined
    })

    assert.deepEqual(unknown, [])
  })

  test('what an npm script runs is there', () => {
    const missing = Object.values(scripts)
      .flatMap((script) => [...script.matchAll(/\bnode ([\w./-]+\.ts)/g)].map(([, file]) => file as string))
      .filter((file) => !existsSync(join(root, file)))

    assert.deepEqual(missing, [])
  })

  for (const { line, at } of commands) {
    const given = ownArguments(line)
    if (given === undefined || isForCache(line)) continue
    if (given[0] !== 'reverse') {
      test(`${line} (${at}) ends well`, async () => {
        const child = startChild('src/cli/main.ts', given)
        await child.says(/\S/)
        assert.equal(await child.ends(), 0)
      })
      continue
    }
    test(`${line} (${at}) starts and proxies`, async () => {
      const listening = given.includes('--listen')
        ? given.map((word, index) => (given[index - 1] === '--listen' ? '127.0.0.1:0' : word))
        : [...given, '--listen', '127.0.0.1:0']
      const args = listening.map((word, index) => {
        if (listening[index - 1] === '--cache-dir') return join(folder, 'cache')
        return word.replace(/^http:\/\/127\.0\.0\.1:\d+/, (url) => origins.get(url)?.url ?? url)
      })

      const child = startChild('src/cli/main.ts', args, { XDG_RUNTIME_DIR: folder })
      try {
        await child.says(/http:\/\/127\.0\.0\.1:\d+/)
        const url = await ownUrl(child.output)
        const response = await fetch(`${url}/a`)

        assert.equal(response.status, 200)
        assert.match(await response.text(), /"url":"\/a"/)
      } finally {
        await child.stop('SIGKILL')
      }
    })
  }
})

describe('every command for a running cache works', () => {
  let folder: string
  let site: TestOrigin
  let proxy: Child
  let url: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sp-docs-'))
    await writeFile(join(folder, 'urls.txt'), '/a\n/b\n')
    site = await startOrigin((request, response) => {
      response.setHeader('Cache-Control', 'max-age=60')
      response.end(request.url === '/sitemap.xml' ? '<urlset><url><loc>http://a.test/</loc></url></urlset>' : 'a page')
    })
    const where = ['--to', site.url, '--listen', '127.0.0.1:0', '--access-log', 'off']
    proxy = startChild('src/cli/main.ts', ['reverse', ...where, '--cache'], { XDG_RUNTIME_DIR: folder })
    await proxy.says(/look into it/)
    url = await ownUrl(proxy.output)
  })
  after(async () => {
    await proxy.stop('SIGKILL')
    await site.close()
    await rm(folder, { recursive: true, force: true })
  })

  const here = (word: string): string => {
    const socket = join(folder, `sallyport-${process.getuid?.()}`, `${new URL(url).port}.sock`)
    if (word === 'urls.txt') return join(folder, word)
    return word.replace('http://127.0.0.1:8080', url).replace('/run/sallyport/cache.sock', socket)
  }

  for (const { line, at } of commands.filter((command) => isForCache(command.line))) {
    test(`${line} (${at}) ends well`, async () => {
      await (await fetch(`${url}/news`)).arrayBuffer()
      const own = ownArguments(line)
      if (own === undefined) {
        const { stdout } = await promisify(execFile)('curl', ['-sS', '--fail', ...wordsOf(line).slice(1).map(here)])
        assert.match(stdout, /^(?:\{|HTTP\/1\.1 200)/)
        return
      }
      const child = startChild('src/cli/main.ts', own.map(here), { XDG_RUNTIME_DIR: folder })
      await child.says(/\S/)
      assert.equal(await child.ends(), 0, child.output())
    })
  }
})

/** Where it says that it listens, polled for at most ten seconds. */
async function ownUrl(output: () => string): Promise<string> {
  for (let i = 0; i < 500; i++) {
    const found = /(http:\/\/127\.0\.0\.1:\d+) -> /.exec(output())?.[1]
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`no URL of its own in:\n${output()}`)
}
