import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startChild } from '../support/child.ts'
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
const ownArguments = (line: string): string[] | undefined =>
  /^(?:npx sallyport|npm run -s sallyport --)\s*(.*)$/.exec(line)?.[1]?.split(/\s+/)

describe('every command of the pages works', () => {
  /** One for each server that a command names, by its URL there. */
  const origins = new Map<string, TestOrigin>()
  before(async () => {
    for (const [url] of commands.flatMap(({ line }) => [...line.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)])) {
      if (!origins.has(url)) origins.set(url, await startOrigin())
    }
  })
  after(() => Promise.all([...origins.values()].map((origin) => origin.close())))

  test('each is of a kind that is tested here', () => {
    const unknown = commands.filter(({ line }) => {
      const [, script] = /^npm (?:run (?:-s )?)?([\w:]+)/.exec(line) ?? []
      if (ownArguments(line) !== undefined) return false
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
    if (given === undefined) continue
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
      const args = listening.map((word) =>
        word.replace(/^http:\/\/127\.0\.0\.1:\d+/, (url) => origins.get(url)?.url ?? url).replace(/^'|'$/g, ''),
      )

      const child = startChild('src/cli/main.ts', args)
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

/** Where it says that it listens, polled for at most ten seconds. */
async function ownUrl(output: () => string): Promise<string> {
  for (let i = 0; i < 500; i++) {
    const found = /(http:\/\/127\.0\.0\.1:\d+) -> /.exec(output())?.[1]
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`no URL of its own in:\n${output()}`)
}
